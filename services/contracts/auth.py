"""What auth announces."""

from datetime import datetime
from typing import ClassVar

from services.contracts.values import Language
from services.kit.events import Event, Secret


class OneTimeLinkIssued(Event):
    """Somebody asked to prove that an address is theirs; `token` goes into the link, `key` is typed.

    `mail_to` is where it is sent, with the local part as typed; empty where that is the address.
    """

    type: ClassVar[str] = "auth.one-time-link-issued.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("notify",)

    link: str
    address: str
    language: Language
    token: Secret
    key: Secret
    expires_at: datetime
    mail_to: str = ""


class SessionRevoked(Event):
    """A session ended before its time; its tokens are refused everywhere."""

    type: ClassVar[str] = "auth.session-revoked.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("upload", "propagation", "download")

    session: str
    revoked_at: datetime
