"""Limit attempts on a relay that does not answer: rarely, and with one mail at a time (R30)."""

from collections.abc import Callable

from services.kit.backoff import Backoff

PAUSES = Backoff(1.0, 30.0)


class CircuitBreaker:
    """Open after a failure to reach the relay, for a pause that doubles up to 30 seconds; a success closes it."""

    def __init__(self, monotonic_seconds: Callable[[], float]) -> None:
        self._monotonic_seconds = monotonic_seconds
        self._failures = 0
        self._open_until = 0.0

    def permits(self, limit: int, in_flight: int) -> int:
        """Return how many more mails may be submitted now: up to the limit, or one as a probe after the pause."""
        if not self._failures:
            return limit - in_flight
        return 1 if not in_flight and self._monotonic_seconds() >= self._open_until else 0

    def record_success(self) -> None:
        """Close the breaker: the relay answered."""
        self._failures = 0

    def record_failure(self) -> None:
        """Open the breaker: the relay could not be reached. Several failures at once count as one."""
        now = self._monotonic_seconds()
        if self._failures and now < self._open_until:
            return
        self._failures += 1
        self._open_until = now + PAUSES.pause_seconds(self._failures)
