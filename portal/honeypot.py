"""Detects likely bots that request a link, from the form alone; the portal stores nothing about it."""

from collections.abc import Mapping
from datetime import datetime

from services.kit.credentials import Sealer

FIELD = "website"
"""Hidden from people; bots fill in every field."""
STAMP = "stamp"


class Honeypot:
    """A field that must stay empty, and a minimum time to fill in the form, measured from a sealed time stamp.

    The stamp is bound to the human check of its form, which is worth one attempt, so that it cannot be kept for later.
    """

    def __init__(self, pepper: str, min_seconds: float) -> None:
        self._sealer = Sealer(pepper, "honeypot")
        self._min_seconds = min_seconds

    def stamp(self, challenge: str, now: datetime) -> str:
        """Return the sealed time stamp of a form made now."""
        return self._sealer.seal(f"{now.timestamp():.3f}".encode(), challenge)

    def is_triggered(self, form: Mapping[str, str], now: datetime) -> bool:
        """Whether the field is filled in, the form came back too soon, or its stamp is not one of ours."""
        made_at = self._sealer.unseal(form[STAMP], form["challenge"])
        if form[FIELD] or made_at is None:
            return True
        return now.timestamp() - float(made_at) < self._min_seconds
