"""The events of auth."""

from datetime import datetime
from typing import ClassVar

from services.contracts.values import Language
from services.kit.events import Event, Secret


class OneTimeLinkIssued(Event):
    """A person asked for a link to prove that an address is theirs; `token` is in the link, `key` is typed.

    `mail_to` is the address with its local part as typed, for delivery; empty if it equals `address`.
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
    """A session ended early; every service refuses its tokens."""

    type: ClassVar[str] = "auth.session-revoked.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("upload", "propagation", "download")

    session: str
    revoked_at: datetime
