"""The command that starts the download service."""

from services.download.app import NAME, build
from services.kit.service import main

if __name__ == "__main__":
    main(build, NAME)
