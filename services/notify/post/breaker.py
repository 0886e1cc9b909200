"""How often is a relay tried that does not answer? Seldom, and by one mail at a time (R30)."""

from collections.abc import Callable

SHORTEST_SECONDS = 1.0
LONGEST_SECONDS = 30.0


class Breaker:
    """Open after a failure to reach the relay, for a pause that doubles up to half a minute; one success closes it."""

    def __init__(self, monotonic_seconds: Callable[[], float]) -> None:
        self._seconds = monotonic_seconds
        self._pause = 0.0
        self._until = 0.0

    def free_hands(self, hands: int, busy: int) -> int:
        """How many more mails may be tried now: as many as hands are free, or one to see whether the relay is back."""
        if not self._pause:
            return hands - busy
        return 1 if not busy and self._seconds() >= self._until else 0

    def reached(self) -> None:
        """The relay answered."""
        self._pause = 0.0

    def missed(self) -> None:
        """The relay could not be reached; several misses at once count as one."""
        if self._pause and self._seconds() < self._until:
            return
        self._pause = min(self._pause * 2, LONGEST_SECONDS) if self._pause else SHORTEST_SECONDS
        self._until = self._seconds() + self._pause
