"""Is it a machine that asks for a link? What gives it away is in the form itself; nothing is remembered here."""

from collections.abc import Mapping
from datetime import datetime

from services.kit.credentials import constant_time_equal, keyed_hash

FIELD = "website"
"""People do not see it; whoever fills in everything fills it in."""
STAMP = "drawn"


class Trap:
    """A field that stays empty, and the time that typing takes, from a stamp that only we can make.

    The stamp is bound to the human check of its form, which is worth one attempt, so that it cannot be kept for later.
    """

    def __init__(self, pepper: str, least_seconds: float) -> None:
        self._pepper = pepper
        self._least_seconds = least_seconds

    def stamp(self, challenge: str, now: datetime) -> str:
        """When the form was made."""
        at = f"{now.timestamp():.3f}"
        return f"{at}-{self._seal(challenge, at)}"

    def springs(self, form: Mapping[str, str], now: datetime) -> bool:
        """Whether the form came back with the field filled in, too soon, or with a stamp that is not ours."""
        at, _, seal = form[STAMP].partition("-")
        if form[FIELD] or not constant_time_equal(seal, self._seal(form["challenge"], at)):
            return True
        return now.timestamp() - float(at) < self._least_seconds

    def _seal(self, challenge: str, at: str) -> str:
        return keyed_hash(self._pepper, "asking", f"{challenge} {at}")
