"""Starts auth: `python -m services.auth`."""

from services.auth.app import build
from services.kit.service import main

if __name__ == "__main__":
    main(build, "auth")
