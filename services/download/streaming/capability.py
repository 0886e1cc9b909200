"""Capabilities: sealed URLs whose bearer may fetch the bytes of one download, without a session (quota rule 2)."""

import base64
import binascii
import hmac
import re
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from services.download.domain.refusals import LinkUnknown

ARCHIVE = "archive"
MAX_LENGTH = 200
SHAPE = re.compile(r"[A-Za-z0-9_-]{100,200}")
SEAL_BYTES = 32
LINK_BYTES = 32
ID_BYTES = 16
DATE_BYTES = 5


class DownloadCapability(NamedTuple):
    """One download of one file of one link, or of its `ARCHIVE`, until a date."""

    link: str
    file: str
    download: str
    expires_at: datetime


class DownloadCapabilities:
    """Seals capabilities with a key that is derived for this purpose alone."""

    def __init__(self, pepper: str) -> None:
        self._key = hmac.digest(pepper.encode(), b"download", "sha256")

    def seal(self, capability: DownloadCapability) -> str:
        """Return a capability as at most 200 URL-safe characters; `ValueError` for a file id too long to fit."""
        body = (
            bytes.fromhex(capability.link)
            + UUID(capability.download).bytes
            + int(capability.expires_at.timestamp()).to_bytes(DATE_BYTES, "big")
            + capability.file.encode()
        )
        sealed = base64.urlsafe_b64encode(hmac.digest(self._key, body, "sha256") + body).rstrip(b"=").decode()
        if len(sealed) > MAX_LENGTH:
            raise ValueError("the id of a file is too long")
        return sealed

    def unseal(self, sealed_url: str) -> DownloadCapability:
        """Return the capability, whose date the caller checks; refuse with `LinkUnknown` what was not sealed here."""
        if not SHAPE.fullmatch(sealed_url):
            raise LinkUnknown()
        try:
            sealed = base64.urlsafe_b64decode(sealed_url + "=" * (-len(sealed_url) % 4))
        except binascii.Error:
            raise LinkUnknown() from None
        seal, body = sealed[:SEAL_BYTES], sealed[SEAL_BYTES:]
        if not hmac.compare_digest(seal, hmac.digest(self._key, body, "sha256")):
            raise LinkUnknown()
        dated, named = LINK_BYTES + ID_BYTES, LINK_BYTES + ID_BYTES + DATE_BYTES
        return DownloadCapability(
            link=body[:LINK_BYTES].hex(),
            file=body[named:].decode(),
            download=str(UUID(bytes=body[LINK_BYTES:dated])),
            expires_at=datetime.fromtimestamp(int.from_bytes(body[dated:named], "big"), UTC),
        )
