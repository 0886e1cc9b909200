"""How much is asked of the store at once: several parts for a fast client; a slow one must not block a connection."""

from collections.abc import Iterable
from typing import Protocol

from services.download.streaming.read_plan import PartSlice
from services.kit.clock import monotonic_seconds

MAX_PARTS = 8
BUSY_SECONDS = 2.0


class ObjectRange(Protocol):
    """A range of one object, read in order."""

    @property
    def at(self) -> int:
        """The offset of the next byte in the object."""

    async def read_into(self, into: memoryview) -> str:
        """Fill `into` with the next bytes, and return their SHA-256 in hex."""

    async def close(self) -> None:
        """Stop reading."""


class RangeSource(Protocol):
    """The object store."""

    def open_range(self, key: str, start: int, stop: int) -> ObjectRange:
        """Open the bytes of an object from `start` to `stop`."""


class ReadAhead:
    """The requests of one response to the store.

    Each asks for as many parts as were used lately in `BUSY_SECONDS`, at most twice those of the last one.
    """

    def __init__(self, source: RangeSource) -> None:
        self._source = source
        self._open: ObjectRange | None = None
        self._key = ""
        self._stop = 0
        self._parts = 0
        self._began = 0.0

    async def range_at(self, one: PartSlice, following: Iterable[PartSlice]) -> ObjectRange:
        """Return the open range if it is at this part, or else a new one over this part and some that follow it."""
        if self._open is not None and (self._key, self._open.at) == (one.file.object_key, one.offset) and self._left:
            return self._open
        await self.close()
        self._parts = self._allowed()
        self._began = monotonic_seconds()
        self._key, self._stop = one.file.object_key, _stop(one, following, self._parts)
        self._open = self._source.open_range(self._key, one.offset, self._stop)
        return self._open

    async def close(self) -> None:
        """Stop reading."""
        if self._open is not None and self._left:
            await self._open.close()
        self._open = None

    @property
    def _left(self) -> int:
        return self._stop - self._open.at if self._open is not None else 0

    def _allowed(self) -> int:
        if not self._parts:
            return 1
        one_part_seconds = max(monotonic_seconds() - self._began, 0.001) / self._parts
        return max(1, min(int(BUSY_SECONDS / one_part_seconds), 2 * self._parts, MAX_PARTS))


def _stop(one: PartSlice, following: Iterable[PartSlice], parts: int) -> int:
    """Return the end of at most so many consecutive parts of one file."""
    file, stop = one.file.file, one.offset + one.part.size_bytes
    for _, other in zip(range(parts - 1), following, strict=False):
        if (other.file.file, other.offset) != (file, stop):
            break
        stop += other.part.size_bytes
    return stop
