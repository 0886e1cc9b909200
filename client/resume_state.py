"""Sends that were begun on this machine and not finished: the same send again finds its draft here."""

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
    """One send: what is sent to whom by whom says which one; subject, text and days may change meanwhile."""

    def __init__(self, state: StateFolder, server: str, email: str, fields: DraftFields, paths: Iterable[Path]) -> None:
        self._state = state
        self._what: Json = {
            "server": server,
            "email": email,
            "paths": sorted({str(path.absolute()) for path in paths}),
            **{name: sorted(set(fields.fields()[name])) for name in ("to", "cc", "bcc")},
        }
        said = json.dumps(self._what, sort_keys=True)
        self._name = f"{FOLDER}/{hashlib.sha256(said.encode()).hexdigest()[:32]}.json"

    def draft(self) -> str | None:
        """The draft of an earlier attempt."""
        found = self._state.read(self._name)
        return str(found["draft"]) if found and "draft" in found else None

    def save(self, draft: str | None = None) -> str:
        """Writes the draft down before anything is asked of the service; a new one unless it is given."""
        chosen = draft or str(uuid.uuid4())
        self._state.write(self._name, {"draft": chosen, **self._what})
        return chosen

    def clear(self) -> None:
        """It was sent."""
        self._state.remove(self._name)
