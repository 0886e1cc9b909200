"""Which file may parts be sent to? A short authenticated word for one file of one draft, checked without a session."""

import base64
import hmac
import uuid
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from services.kit.refusals import Forbidden, NotFound

PURPOSE = b"parts"
SIGNATURE_BYTES = 16
BODY_BYTES = 36
LENGTH = 70


class PartsAddressExpired(Forbidden):
    """This address for parts has expired; ask for the file again to get a fresh one."""

    title_fr = "Cette adresse d'envoi a expiré ; redemandez le fichier pour en obtenir une nouvelle."


class PartsGrant(NamedTuple):
    """What a capability allows: to send parts of this file of this draft."""

    transfer: str
    file: str


class PartsCapabilities:
    """Made and read with one key; 70 characters, valid for `lifetime`."""

    def __init__(self, pepper: str, lifetime: timedelta) -> None:
        self._key = hmac.digest(pepper.encode(), PURPOSE, "sha256")
        self._lifetime = lifetime

    def seal(self, transfer: str, file: str, now: datetime) -> tuple[str, datetime]:
        """A capability from now on, and when it ends; both ids are UUIDs."""
        ends = int((now + self._lifetime).timestamp())
        body = uuid.UUID(transfer).bytes + uuid.UUID(file).bytes + ends.to_bytes(4, "big")
        return _encoded(body + self._signature(body)), datetime.fromtimestamp(ends, UTC)

    def unseal(self, text: str) -> tuple[PartsGrant, datetime]:
        """What a genuine capability allows, and when it ends; `NotFound` for anything else."""
        if len(text) != LENGTH or not text.isascii():
            raise NotFound()
        try:
            raw = base64.b64decode(text + "=" * (-LENGTH % 4), altchars=b"-_", validate=True)
        except ValueError:
            raise NotFound() from None
        body, signature = raw[:BODY_BYTES], raw[BODY_BYTES:]
        if not hmac.compare_digest(signature, self._signature(body)) or _encoded(raw) != text:
            raise NotFound()
        granted = PartsGrant(str(uuid.UUID(bytes=body[:16])), str(uuid.UUID(bytes=body[16:32])))
        return granted, datetime.fromtimestamp(int.from_bytes(body[32:], "big"), UTC)

    def _signature(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")[:SIGNATURE_BYTES]


def refuse_expired(ends: datetime, now: datetime) -> None:
    """Refuse a capability whose time is over."""
    if now >= ends:
        raise PartsAddressExpired()


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
