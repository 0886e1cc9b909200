"""How often may a part that dies be started again? Three times, unless it lived for a minute in between."""

import time
from collections.abc import Callable

MOST = 3
LIVES_SECONDS = 60.0


class Restarts:
    """Remembers when each part was ready again, and how often it died young; `clock` gives seconds that only grow."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ready_at: dict[str, float] = {}
        self._early: dict[str, int] = {}

    def allow(self, part: str) -> bool:
        """Counts one more death; says whether the part may be started again."""
        ready_at = self._ready_at.pop(part, None)
        if ready_at is not None and self._clock() - ready_at >= LIVES_SECONDS:
            self._early[part] = 0
        self._early[part] = self._early.get(part, 0) + 1
        return self._early[part] <= MOST

    def ready(self, part: str) -> None:
        """The part was started again and answers."""
        self._ready_at[part] = self._clock()
