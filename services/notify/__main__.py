"""Start notify: `python -m services.notify`."""

from services.kit.service import main
from services.notify.app import NAME, build

if __name__ == "__main__":
    main(build, NAME)
