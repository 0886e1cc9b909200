"""How fast does a reader take its bytes? Only the time spent waiting for it counts, not that for the store."""

import math
from collections import deque

MEASURED_SECONDS = 30.0
LEAST_BYTES_PER_SECOND = 32 * 1024
MARK_SECONDS = 1.0
SMALLEST_CHUNK = 16 * 1024
FIRST_CHUNK = 256 * 1024
LARGEST_CHUNK = 1024 * 1024
SLOW_SECONDS = 2.0


class Throughput:
    """What one reader took over the last `MEASURED_SECONDS` of waiting for it; `now` is in seconds of any one clock."""

    def __init__(self) -> None:
        self._waited_seconds = 0.0
        self._taken_bytes = 0
        self._since: float | None = None
        self._marks = deque([(0.0, 0)])

    def begins(self, now: float) -> None:
        """The reader is waited for."""
        self._since = now

    def ends(self, now: float, taken_bytes: int) -> None:
        """It has taken so many bytes."""
        self._waited_seconds, self._since = self._waited(now), None
        self._taken_bytes += taken_bytes
        if self._waited_seconds // MARK_SECONDS == self._marks[-1][0] // MARK_SECONDS:
            self._marks.pop()
        self._marks.append((self._waited_seconds, self._taken_bytes))
        while len(self._marks) > 1 and self._marks[1][0] <= self._waited_seconds - MEASURED_SECONDS:
            self._marks.popleft()

    def is_slow(self, now: float) -> bool:
        """It has been waited for long enough, and took less than the least rate."""
        return self.bytes_per_second(now) < LEAST_BYTES_PER_SECOND

    def bytes_per_second(self, now: float) -> float:
        """Return its rate, from when it last took something before the measured time began; infinite before that."""
        waited = self._waited(now)
        before = [mark for mark in self._marks if mark[0] <= waited - MEASURED_SECONDS]
        if not before:
            return math.inf
        since, taken = before[-1]
        return (self._taken_bytes - taken) / (waited - since)

    def _waited(self, now: float) -> float:
        return self._waited_seconds + (now - self._since if self._since is not None else 0.0)


def next_chunk(chunk_bytes: int, took_seconds: float) -> int:
    """Return small chunks for a slow reader, so that its lease is renewed in time, and large ones for a fast one."""
    if took_seconds > SLOW_SECONDS:
        return max(SMALLEST_CHUNK, chunk_bytes // 4)
    if took_seconds < SLOW_SECONDS / 20:
        return min(LARGEST_CHUNK, chunk_bytes * 2)
    return chunk_bytes
