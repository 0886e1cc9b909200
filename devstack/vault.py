"""Secrets of the development stack: made once, one file each, readable by their owner only."""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote


def random_text() -> str:
    """A fresh secret of 32 random bytes in hexadecimal: never an option on a command line, the same in a URL."""
    return secrets.token_hex(32)


def in_url(secret: str) -> str:
    """Any secret as a part of a URL: percent-encoded, a slash too."""
    return quote(secret, safe="")


class Vault:
    """One folder per owner under `folder`; the file name is the secret's name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def folder(self, owner: str) -> Path:
        """The folder handed to `owner` as its SECRETS_DIR."""
        path = self._folder / owner
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path

    def once(self, owner: str, name: str, make: Callable[[], str] = random_text) -> str:
        """Reads a secret, making it first if it has never been made; of several who make it at once, one does."""
        file = self.folder(owner) / name
        if not file.exists():
            draft = self._draft(file, make())
            with suppress(FileExistsError):
                os.link(draft, file)
            draft.unlink()
        return file.read_text()

    def put(self, owner: str, name: str, value: str) -> None:
        """Writes a secret that follows from others, such as a URL; the file is replaced whole."""
        file = self.folder(owner) / name
        self._draft(file, value).replace(file)

    def read(self, owner: str) -> dict[str, str]:
        """All secrets of one owner."""
        return {file.name: file.read_text() for file in self.folder(owner).iterdir() if not file.name.startswith(".")}

    @staticmethod
    def _draft(file: Path, value: str) -> Path:
        """The value in a file of its own beside the one it is for, whole before anybody can see it there."""
        draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(value)
        return draft
