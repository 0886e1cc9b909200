"""Tokens by which a device proves that a session for an address was opened on it (ADR 16)."""

from collections.abc import Callable
from datetime import datetime, timedelta

from services.kit.credentials import constant_time_equal


class DeviceTokens:
    """Issues and verifies device tokens; nothing about them is stored, and a token names nobody."""

    def __init__(self, keyed_hash: Callable[[str, str], str], lifetime: timedelta) -> None:
        self._keyed_hash = keyed_hash
        self._lifetime = lifetime

    def issue(self, mailbox: str, sign_in: str, started_at: datetime) -> str:
        """Return a token for a device on which this mailbox signed in: id, expiry in Unix seconds, keyed hash.

        The same sign-in always gives the same token, also when its request is repeated.
        """
        id, ends_at = self._keyed_hash("device id", sign_in), int((started_at + self._lifetime).timestamp())
        return f"{id}.{ends_at}.{self._mac(id, ends_at, mailbox)}"

    def device_id(self, token: str, mailbox: str, now: datetime) -> str:
        """Return the device's id if the token is valid for this mailbox and unexpired, else an empty string."""
        id, _, rest = token.partition(".")
        digits, _, mac = rest.partition(".")
        if not (digits.isascii() and digits.isdigit()) or int(digits) <= now.timestamp():
            return ""
        return id if constant_time_equal(mac, self._mac(id, int(digits), mailbox)) else ""

    def _mac(self, id: str, ends_at: int, mailbox: str) -> str:
        return self._keyed_hash("device", f"{id} {ends_at} {mailbox}")
