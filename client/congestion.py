"""How many parts may be under way at once: one at first and after a break of the line, more while parts arrive."""

import threading
from collections.abc import Callable

import httpx

from client.problem import Problem, Stopped, UnexpectedAnswer

PARTS_PER_STEP = 8
BREAKS = (httpx.TransportError, UnexpectedAnswer, Problem)


class CongestionWindow:
    """At most `most` parts, as TCP does it (RFC 5681): a line that drops all connections is not asked to carry several.

    The window begins at one and grows by one with each part that arrives, up to half of what broke the line; past that
    by one with every eighth part. Several parts that fail together are one break.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.size = 1
        """How many may be under way."""
        self._threshold = most
        self._steps = 0
        self._under_way = 0
        self._breaks = 0
        self._is_stopped = False
        self._changed = threading.Condition()
        self.arrived = 0
        """How many parts have arrived."""
        self.breaks_in_vain = 0
        """How often the line broke since the last part arrived."""

    def stop(self) -> None:
        """Let nobody wait any longer; who did raises `Stopped`."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()

    def carry(self, put: Callable[[], None]) -> None:
        """Put one part, once it is its turn."""
        breaks = self._enter()
        try:
            put()
        except BREAKS as error:
            if not isinstance(error, Problem) or error.is_passing:
                self._shrink(breaks)
            raise
        else:
            self._grow()
        finally:
            self._leave()

    def _enter(self) -> int:
        with self._changed:
            self._changed.wait_for(lambda: self._is_stopped or self._under_way < self.size)
            if self._is_stopped:
                raise Stopped
            self._under_way += 1
            return self._breaks

    def _leave(self) -> None:
        with self._changed:
            self._under_way -= 1
            self._changed.notify_all()

    def _grow(self) -> None:
        with self._changed:
            self.arrived += 1
            self.breaks_in_vain = 0
            self._steps += 1
            if self.size < self._threshold or self._steps >= PARTS_PER_STEP:
                self.size = min(self._most, self.size + 1)
                self._steps = 0

    def _shrink(self, breaks: int) -> None:
        with self._changed:
            if breaks == self._breaks:
                self._breaks += 1
                self.breaks_in_vain += 1
                self._threshold = max(1, self.size // 2)
                self.size = 1
                self._steps = 0
