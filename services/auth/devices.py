"""Has this device opened a session for this address before? It holds a token that only this service makes (ADR 16)."""

from collections.abc import Callable
from datetime import datetime, timedelta

from services.kit.credentials import constant_time_equal


class Devices:
    """Makes and verifies tokens of devices; nothing about them is stored, and a token names nobody."""

    def __init__(self, hashed: Callable[[str, str], str], life: timedelta) -> None:
        self._hashed = hashed
        self._life = life

    def token(self, person: str, admission: str, started_at: datetime) -> str:
        """A token for a device on which this person has opened a session: id, end in seconds, keyed hash.

        The same session makes the same token, however often its answer is asked for again.
        """
        id, ends_at = self._hashed("device id", admission), int((started_at + self._life).timestamp())
        return f"{id}.{ends_at}.{self._proof(id, ends_at, person)}"

    def id(self, token: str, person: str, now: datetime) -> str:
        """The device's id when the token was made for this person and has not ended; otherwise empty."""
        id, _, rest = token.partition(".")
        digits, _, proof = rest.partition(".")
        if not (digits.isascii() and digits.isdigit()) or int(digits) <= now.timestamp():
            return ""
        return id if constant_time_equal(proof, self._proof(id, int(digits), person)) else ""

    def _proof(self, id: str, ends_at: int, person: str) -> str:
        return self._hashed("device", f"{id} {ends_at} {person}")
