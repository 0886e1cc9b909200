"""Capabilities to upload the parts of one file: short authenticated strings, checked without a session."""

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
    """The right to upload parts of this file of this draft."""

    transfer: str
    file: str


class PartsCapabilities:
    """Seals and unseals capabilities of 70 characters with one key; they are valid for `lifetime`."""

    def __init__(self, pepper: str, lifetime: timedelta) -> None:
        self._key = hmac.digest(pepper.encode(), PURPOSE, "sha256")
        self._lifetime = lifetime

    def seal(self, transfer: str, file: str, now: datetime) -> tuple[str, datetime]:
        """Return a capability that is valid from now on, and the time of its expiry; both ids are UUIDs."""
        ends = int((now + self._lifetime).timestamp())
        body = uuid.UUID(transfer).bytes + uuid.UUID(file).bytes + ends.to_bytes(4, "big")
        return _encoded(body + self._signature(body)), datetime.fromtimestamp(ends, UTC)

    def unseal(self, text: str) -> tuple[PartsGrant, datetime]:
        """Return the grant of a genuine capability, and the time of its expiry; `NotFound` for anything else."""
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
    """Refuse an expired capability."""
    if now >= ends:
        raise PartsAddressExpired()


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
