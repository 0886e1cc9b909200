"""Exponential back-off: how long to wait before the next attempt."""

import random
from typing import NamedTuple

MAX_DOUBLINGS = 64


class Backoff(NamedTuple):
    """Pauses that double from `first_seconds` up to `max_seconds`; a random part of the share `jitter` is left out."""

    first_seconds: float
    max_seconds: float
    jitter: float = 0.0

    def pause_seconds(self, failures: int) -> float:
        """Return the pause after so many failures in a row, at least one."""
        longest = min(self.max_seconds, self.first_seconds * 2.0 ** min(failures - 1, MAX_DOUBLINGS))
        return longest * random.uniform(1 - self.jitter, 1)  # noqa: S311 - spreads load, keeps no secret


CONFLICT_BACKOFF = Backoff(0.002, 0.05, jitter=1)
"""After a concurrent write of the same document."""
