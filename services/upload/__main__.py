"""Start the service."""

from services.kit.service import main
from services.upload.app import NAME, build

if __name__ == "__main__":
    main(build, NAME)
