"""A private folder for documents that outlive a command: small files, each replaced atomically."""

import hashlib
import json
import os
import re
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from client.errors import Json

UNSAFE_CHARACTERS = re.compile(r"[^A-Za-z0-9.]+")


class StateFolder:
    """A folder that only its owner can read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def for_user(cls, environment: Mapping[str, str]) -> Self:
        """Return `$XDG_STATE_HOME/melanissimo`, or `~/.local/state/melanissimo`."""
        home = environment.get("XDG_STATE_HOME", "")
        root = Path(home) if Path(home).is_absolute() else Path.home() / ".local" / "state"
        return cls(root / "melanissimo")

    def read(self, name: str) -> Json | None:
        """Return a document; None if it is missing or invalid."""
        try:
            found = json.loads((self.folder / name).read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def write(self, name: str, document: Json) -> Path:
        """Replace a document; readers see the old one or the new one."""
        return self.write_bytes(name, json.dumps(document, indent=1).encode())

    def write_bytes(self, name: str, content: bytes) -> Path:
        """Replace a file of any content in the same way."""
        path = self.folder / name
        for folder in (self.folder, path.parent):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = path.with_name(f".{uuid.uuid4().hex}")
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(content)
        return temporary.replace(path)

    def remove(self, name: str) -> None:
        """Delete a document; do nothing if it is missing."""
        (self.folder / name).unlink(missing_ok=True)

    def names(self, folder: str) -> list[str]:
        """Return the names of the documents in a folder, as `read` takes them."""
        return sorted(f"{folder}/{path.name}" for path in (self.folder / folder).glob("*.json"))


def document_name(text: str) -> str:
    """Return a readable file name for a text, distinct for distinct texts."""
    mark = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{UNSAFE_CHARACTERS.sub('-', text)[:60].strip('-.')}-{mark}.json"
