"""Capabilities: sealed URLs whose bearer may fetch the bytes of one download, without a session (quota rule 2)."""

import struct
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from services.download.domain.refusals import LinkUnknown
from services.kit.credentials import Sealer

ARCHIVE = "archive"
HEAD = struct.Struct(">32s16sQ")
"""The ids of the link and of the download, and the expiry in Unix seconds; the id of the file follows."""


class DownloadCapability(NamedTuple):
    """One download of one file of one link, or of its `ARCHIVE`, until a date."""

    link: str
    file: str
    download: str
    expires_at: datetime


class DownloadCapabilities:
    """Seals and unseals capabilities."""

    def __init__(self, pepper: str) -> None:
        self._sealer = Sealer(pepper, "download")

    def seal(self, capability: DownloadCapability) -> str:
        """Return a capability as at most 200 URL-safe characters; `ValueError` for a file id too long to fit."""
        link, download = bytes.fromhex(capability.link), UUID(capability.download).bytes
        head = HEAD.pack(link, download, int(capability.expires_at.timestamp()))
        return self._sealer.seal(head + capability.file.encode())

    def unseal(self, sealed_url: str) -> DownloadCapability:
        """Return the capability, whose date the caller checks; refuse with `LinkUnknown` what was not sealed here."""
        message = self._sealer.unseal(sealed_url)
        if message is None:
            raise LinkUnknown()
        link, download, expires_at = HEAD.unpack_from(message)
        return DownloadCapability(
            link=link.hex(),
            file=message[HEAD.size :].decode(),
            download=str(UUID(bytes=download)),
            expires_at=datetime.fromtimestamp(expires_at, UTC),
        )
