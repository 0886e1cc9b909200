"""A congestion window: how many parts may be in flight at once, one at first and after a failure."""

import threading
from collections.abc import Callable

import httpx

from client.errors import Problem, UnexpectedResponse, UploadStopped

PARTS_PER_INCREMENT = 8
FAILURES = (httpx.TransportError, UnexpectedResponse, Problem)


class CongestionWindow:
    """At most `max_size` parts in flight, as TCP does it (RFC 5681).

    The window starts at one part. It grows by one with each part that arrives, up to half of the size at the last
    failure; after that by one with every eighth part. Parts that fail together count as one failure.
    """

    def __init__(self, max_size: int) -> None:
        self._max_size = max_size
        self.size = 1
        """How many parts may be in flight."""
        self._slow_start_threshold = max_size
        self._arrivals_since_growth = 0
        self._in_flight = 0
        self._failures = 0
        self._is_stopped = False
        self._changed = threading.Condition()
        self.arrived = 0
        """How many parts have arrived."""
        self.failures_since_arrival = 0
        """How many failures there were since the last part arrived."""

    def stop(self) -> None:
        """Wake all waiting threads; they raise `UploadStopped`."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()

    def run(self, send: Callable[[], None]) -> None:
        """Send one part as soon as the window allows it."""
        failures = self._acquire()
        try:
            send()
        except FAILURES as error:
            if not isinstance(error, Problem) or error.is_transient:
                self._shrink(failures)
            raise
        else:
            self._grow()
        finally:
            self._release()

    def _acquire(self) -> int:
        with self._changed:
            self._changed.wait_for(lambda: self._is_stopped or self._in_flight < self.size)
            if self._is_stopped:
                raise UploadStopped
            self._in_flight += 1
            return self._failures

    def _release(self) -> None:
        with self._changed:
            self._in_flight -= 1
            self._changed.notify_all()

    def _grow(self) -> None:
        with self._changed:
            self.arrived += 1
            self.failures_since_arrival = 0
            self._arrivals_since_growth += 1
            if self.size < self._slow_start_threshold or self._arrivals_since_growth >= PARTS_PER_INCREMENT:
                self.size = min(self._max_size, self.size + 1)
                self._arrivals_since_growth = 0

    def _shrink(self, failures: int) -> None:
        with self._changed:
            if failures == self._failures:
                self._failures += 1
                self.failures_since_arrival += 1
                self._slow_start_threshold = max(1, self.size // 2)
                self.size = 1
                self._arrivals_since_growth = 0
