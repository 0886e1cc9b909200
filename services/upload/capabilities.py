"""Capabilities to upload the parts of one file, checked without a session."""

import struct
import uuid
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from services.kit.credentials import Sealer
from services.kit.refusals import Forbidden, NotFound

GRANT = struct.Struct(">16s16sI")
"""The ids of the transfer and of the file, and the expiry in Unix seconds."""


class PartsAddressExpired(Forbidden):
    """This address for parts has expired; ask for the file again to get a fresh one."""

    title_fr = "Cette adresse d'envoi a expiré ; redemandez le fichier pour en obtenir une nouvelle."


class PartsGrant(NamedTuple):
    """The right to upload parts of this file of this draft."""

    transfer: str
    file: str


class PartsCapabilities:
    """Seals and unseals capabilities; they are valid for `lifetime`."""

    def __init__(self, pepper: str, lifetime: timedelta) -> None:
        self._sealer = Sealer(pepper, "parts")
        self._lifetime = lifetime

    def seal(self, transfer: str, file: str, now: datetime) -> tuple[str, datetime]:
        """Return a capability that is valid from now on, and the time of its expiry; both ids are UUIDs."""
        ends = int((now + self._lifetime).timestamp())
        grant = GRANT.pack(uuid.UUID(transfer).bytes, uuid.UUID(file).bytes, ends)
        return self._sealer.seal(grant), datetime.fromtimestamp(ends, UTC)

    def unseal(self, text: str) -> tuple[PartsGrant, datetime]:
        """Return the grant of a genuine capability, and the time of its expiry; `NotFound` for anything else."""
        grant = self._sealer.unseal(text)
        if grant is None:
            raise NotFound()
        transfer, file, ends = GRANT.unpack(grant)
        return PartsGrant(str(uuid.UUID(bytes=transfer)), str(uuid.UUID(bytes=file))), datetime.fromtimestamp(ends, UTC)


def refuse_expired(ends: datetime, now: datetime) -> None:
    """Refuse an expired capability."""
    if now >= ends:
        raise PartsAddressExpired()
