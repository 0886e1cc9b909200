"""Stores the secrets of the development stack: created once, one file each, readable by their owner only."""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote


def random_secret() -> str:
    """Return a new secret of 32 random bytes in hexadecimal, which needs no escaping in a URL."""
    return secrets.token_hex(32)


def percent_encode(secret: str) -> str:
    """Return a secret percent-encoded for a URL, slashes included."""
    return quote(secret, safe="")


class SecretsDir:
    """One folder per owner under `folder`; the file name is the secret's name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def folder(self, owner: str) -> Path:
        """Return the folder that `owner` gets as its SECRETS_DIR."""
        path = self._folder / owner
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path

    def get_or_create(self, owner: str, name: str, make: Callable[[], str] = random_secret) -> str:
        """Read a secret, created at the first call; concurrent first calls return the same one."""
        file = self.folder(owner) / name
        if not file.exists():
            temporary = self._temporary(file, make())
            with suppress(FileExistsError):
                os.link(temporary, file)
            temporary.unlink()
        return file.read_text()

    def write(self, owner: str, name: str, value: str) -> None:
        """Write a secret that is derived from others, such as a URL; the file is replaced atomically."""
        file = self.folder(owner) / name
        self._temporary(file, value).replace(file)

    def read(self, owner: str) -> dict[str, str]:
        """Return all secrets of one owner, by name."""
        return {file.name: file.read_text() for file in self.folder(owner).iterdir() if not file.name.startswith(".")}

    @staticmethod
    def _temporary(file: Path, value: str) -> Path:
        """Write the value to a temporary file in the same folder, to be linked or renamed when it is complete."""
        temporary = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(value)
        return temporary
