"""Tokens by which a device proves that a session for an address was opened on it (ADR 16)."""

import struct
from datetime import datetime, timedelta

from services.kit.credentials import Sealer, keyed_hash

MESSAGE = struct.Struct(">32sQ")
"""The id of the device, and the expiry in Unix seconds."""


class DeviceTokens:
    """Issues and verifies device tokens; nothing about them is stored, and a token names nobody."""

    def __init__(self, pepper: str, lifetime: timedelta) -> None:
        self._pepper = pepper
        self._sealer = Sealer(pepper, "device")
        self._lifetime = lifetime

    def issue(self, mailbox: str, sign_in: str, started_at: datetime) -> str:
        """Return a token for a device on which this mailbox signed in.

        The same sign-in always gives the same token, also when its request is repeated.
        """
        id = keyed_hash(self._pepper, "device id", sign_in)
        ends_at = int((started_at + self._lifetime).timestamp())
        return self._sealer.seal(MESSAGE.pack(bytes.fromhex(id), ends_at), mailbox)

    def device_id(self, token: str, mailbox: str, now: datetime) -> str:
        """Return the device's id if the token is valid for this mailbox and unexpired, else an empty string."""
        message = self._sealer.unseal(token, mailbox)
        if message is None:
            return ""
        id, ends_at = MESSAGE.unpack(message)
        return str(id.hex()) if now.timestamp() < ends_at else ""
