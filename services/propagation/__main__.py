"""Starts propagation: `python -m services.propagation`."""

from services.kit.service import main
from services.propagation.app import NAME, build

if __name__ == "__main__":
    main(build, NAME)
