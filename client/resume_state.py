"""Remember the draft of an unfinished send, so that the same send command finds it again."""

import hashlib
import json
import uuid
from collections.abc import Iterable
from pathlib import Path

from client.draft_fields import DraftFields
from client.errors import Json
from client.state_folder import StateFolder

FOLDER = "sends"


class ResumeState:
    """The record of one send, identified by server, sender, files and recipients; subject, text and days may change."""

    def __init__(self, state: StateFolder, server: str, email: str, fields: DraftFields, paths: Iterable[Path]) -> None:
        self._state = state
        self._key: Json = {
            "server": server,
            "email": email,
            "paths": sorted({str(path.absolute()) for path in paths}),
            **{name: sorted(set(fields.to_json()[name])) for name in ("to", "cc", "bcc")},
        }
        key = json.dumps(self._key, sort_keys=True)
        self._name = f"{FOLDER}/{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"

    def draft(self) -> str | None:
        """Return the draft of an earlier attempt, or None."""
        found = self._state.read(self._name)
        return str(found["draft"]) if found and "draft" in found else None

    def save(self, draft: str | None = None) -> str:
        """Store the draft before the first request; create a new id unless one is given."""
        chosen = draft or str(uuid.uuid4())
        self._state.write(self._name, {"draft": chosen, **self._key})
        return chosen

    def clear(self) -> None:
        """Delete the record."""
        self._state.remove(self._name)
