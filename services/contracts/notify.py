"""The events of notify."""

from datetime import datetime
from typing import ClassVar, Literal

from services.kit.events import Event

MailState = Literal["accepted", "delayed", "failed"]


class MailStateChanged(Event):
    """A mail about a transfer was accepted, was delayed, or failed permanently; `reason` quotes the SMTP relay."""

    type: ClassVar[str] = "notify.mail-state-changed.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("download",)

    transfer: str
    kind: str
    recipient: str
    state: MailState
    reason: str
    changed_at: datetime
