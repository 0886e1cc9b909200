"""How fast a client takes its bytes: only the time spent waiting for it counts, not that for the store."""

import math
from collections import deque

MEASURED_SECONDS = 30.0
MIN_BYTES_PER_SECOND = 32 * 1024
MARK_SECONDS = 1.0
MIN_CHUNK_BYTES = 16 * 1024
FIRST_CHUNK_BYTES = 256 * 1024
MAX_CHUNK_BYTES = 1024 * 1024
SLOW_SECONDS = 2.0


class Throughput:
    """The rate of one client over the last `MEASURED_SECONDS` of waiting for it; `now` is in seconds of one clock."""

    def __init__(self) -> None:
        self._waited_seconds = 0.0
        self._taken_bytes = 0
        self._since: float | None = None
        self._marks = deque([(0.0, 0)])

    def start_waiting(self, now: float) -> None:
        """Begin to wait for the client."""
        self._since = now

    def stop_waiting(self, now: float, taken_bytes: int) -> None:
        """End the wait: the client has taken so many bytes."""
        self._waited_seconds, self._since = self._waited(now), None
        self._taken_bytes += taken_bytes
        if self._waited_seconds // MARK_SECONDS == self._marks[-1][0] // MARK_SECONDS:
            self._marks.pop()
        self._marks.append((self._waited_seconds, self._taken_bytes))
        while len(self._marks) > 1 and self._marks[1][0] <= self._waited_seconds - MEASURED_SECONDS:
            self._marks.popleft()

    def is_slow(self, now: float) -> bool:
        """Return whether it was waited for long enough, and took less than the minimum rate."""
        return self.bytes_per_second(now) < MIN_BYTES_PER_SECOND

    def bytes_per_second(self, now: float) -> float:
        """Return its rate since it last took something before the measured time began; infinite before that."""
        waited = self._waited(now)
        before = [mark for mark in self._marks if mark[0] <= waited - MEASURED_SECONDS]
        if not before:
            return math.inf
        since, taken = before[-1]
        return (self._taken_bytes - taken) / (waited - since)

    def _waited(self, now: float) -> float:
        return self._waited_seconds + (now - self._since if self._since is not None else 0.0)


def next_chunk_bytes(chunk_bytes: int, took_seconds: float) -> int:
    """Return smaller chunks for a slow client, so that its lease is renewed in time, and larger ones for a fast one."""
    if took_seconds > SLOW_SECONDS:
        return max(MIN_CHUNK_BYTES, chunk_bytes // 4)
    if took_seconds < SLOW_SECONDS / 20:
        return min(MAX_CHUNK_BYTES, chunk_bytes * 2)
    return chunk_bytes
