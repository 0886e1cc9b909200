"""What is remembered between two commands: small private files, each replaced as a whole."""

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
    """A folder that only its owner reads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def for_user(cls, environment: Mapping[str, str]) -> Self:
        """`$XDG_STATE_HOME/melanissimo`, or `~/.local/state/melanissimo`."""
        home = environment.get("XDG_STATE_HOME", "")
        root = Path(home) if Path(home).is_absolute() else Path.home() / ".local" / "state"
        return cls(root / "melanissimo")

    def read(self, name: str) -> Json | None:
        """A document; none when there is none, or nothing that can be understood."""
        try:
            found = json.loads((self.folder / name).read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def write(self, name: str, document: Json) -> Path:
        """Replaces a document; its readers see the old one or the new one."""
        return self.write_bytes(name, json.dumps(document, indent=1).encode())

    def write_bytes(self, name: str, content: bytes) -> Path:
        """The same for anything."""
        path = self.folder / name
        for folder in (self.folder, path.parent):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.with_name(f".{uuid.uuid4().hex}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(content)
        return fresh.replace(path)

    def remove(self, name: str) -> None:
        """Forgets a document; again changes nothing."""
        (self.folder / name).unlink(missing_ok=True)

    def names(self, folder: str) -> list[str]:
        """The documents in a folder, as `read` takes them."""
        return sorted(f"{folder}/{path.name}" for path in (self.folder / folder).glob("*.json"))


def document_name(text: str) -> str:
    """A name for the document about something: legible, and different for different things."""
    mark = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{UNSAFE_CHARACTERS.sub('-', text)[:60].strip('-.')}-{mark}.json"
