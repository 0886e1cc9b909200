"""Detects likely bots that request a link, from the form alone; the portal stores nothing about it."""

from collections.abc import Mapping
from datetime import datetime

from services.kit.credentials import constant_time_equal, keyed_hash

FIELD = "website"
"""Hidden from people; bots fill in every field."""
STAMP = "stamp"


class Honeypot:
    """A field that must stay empty, and a minimum time to fill in the form, measured from a signed time stamp.

    The stamp is bound to the human check of its form, which is worth one attempt, so that it cannot be kept for later.
    """

    def __init__(self, pepper: str, min_seconds: float) -> None:
        self._pepper = pepper
        self._min_seconds = min_seconds

    def stamp(self, challenge: str, now: datetime) -> str:
        """Return the signed time stamp of a form made now."""
        at = f"{now.timestamp():.3f}"
        return f"{at}-{self._signature(challenge, at)}"

    def is_triggered(self, form: Mapping[str, str], now: datetime) -> bool:
        """Whether the field is filled in, the form came back too soon, or its stamp is not one of ours."""
        at, _, signature = form[STAMP].partition("-")
        if form[FIELD] or not constant_time_equal(signature, self._signature(form["challenge"], at)):
            return True
        return now.timestamp() - float(at) < self._min_seconds

    def _signature(self, challenge: str, at: str) -> str:
        return keyed_hash(self._pepper, "honeypot", f"{challenge} {at}")
