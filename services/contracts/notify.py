"""What notify announces."""

from datetime import datetime
from typing import ClassVar, Literal

from services.kit.events import Event

MailState = Literal["accepted", "delayed", "failed"]


class MailStateChanged(Event):
    """A mail about a transfer was accepted, is delayed, or failed for good; `reason` in the relay's words."""

    type: ClassVar[str] = "notify.mail-state-changed.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("download",)

    transfer: str
    kind: str
    recipient: str
    state: MailState
    reason: str
    changed_at: datetime
