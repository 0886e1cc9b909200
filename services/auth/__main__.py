"""Starts auth: `python -m services.auth`."""

from services.auth.app import NAME, build
from services.kit.service import main

if __name__ == "__main__":
    main(build, NAME)
