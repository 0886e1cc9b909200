"""Limits how often a component that exits is started again: three times, unless it ran for a minute in between."""

import time
from collections.abc import Callable

MAX_EARLY_EXITS = 3
HEALTHY_SECONDS = 60.0


class RestartLimit:
    """Counts the early exits of each component; `clock` returns monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ready_at: dict[str, float] = {}
        self._early: dict[str, int] = {}

    def allows(self, component: str) -> bool:
        """Count one more exit; return whether the component may be started again."""
        ready_at = self._ready_at.pop(component, None)
        if ready_at is not None and self._clock() - ready_at >= HEALTHY_SECONDS:
            self._early[component] = 0
        self._early[component] = self._early.get(component, 0) + 1
        return self._early[component] <= MAX_EARLY_EXITS

    def record_ready(self, component: str) -> None:
        """Record that the component was started again and answers."""
        self._ready_at[component] = self._clock()
