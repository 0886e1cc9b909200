"""How much is asked of the store at once? Several parts for a fast reader; a slow one must not keep a line busy."""

from collections.abc import Iterable
from typing import Protocol

from services.download.streaming.read_plan import Slice
from services.kit.clock import monotonic_seconds

MAX_PARTS = 8
BUSY_SECONDS = 2.0


class ObjectRange(Protocol):
    """Bytes of one object, in order."""

    @property
    def at(self) -> int:
        """Where the next byte comes from."""

    async def read_into(self, into: memoryview) -> str:
        """Fill `into` with what comes next; the SHA-256 of that, in hex."""

    async def close(self) -> None:
        """Ask for no more."""


class RangeSource(Protocol):
    """What is needed of the object store."""

    def open_range(self, key: str, start: int, stop: int) -> ObjectRange:
        """The bytes of an object from `start` to `stop`."""


class ReadAhead:
    """What one response asks for: each run has as many parts as were used up lately in `BUSY_SECONDS`, at most twice
    those of the last one.
    """

    def __init__(self, source: RangeSource) -> None:
        self._source = source
        self._run: ObjectRange | None = None
        self._key = ""
        self._stop = 0
        self._parts = 0
        self._began = 0.0

    async def at(self, one: Slice, following: Iterable[Slice]) -> ObjectRange:
        """The run that stands at this part; a new one if none does, over this part and some that follow it."""
        if self._run is not None and (self._key, self._run.at) == (one.file.object_key, one.offset) and self._left:
            return self._run
        await self.close()
        self._parts = self._allowed()
        self._began = monotonic_seconds()
        self._key, self._stop = one.file.object_key, _stop(one, following, self._parts)
        self._run = self._source.open_range(self._key, one.offset, self._stop)
        return self._run

    async def close(self) -> None:
        """Ask for no more."""
        if self._run is not None and self._left:
            await self._run.close()
        self._run = None

    @property
    def _left(self) -> int:
        return self._stop - self._run.at if self._run is not None else 0

    def _allowed(self) -> int:
        if not self._parts:
            return 1
        one_part_seconds = max(monotonic_seconds() - self._began, 0.001) / self._parts
        return max(1, min(int(BUSY_SECONDS / one_part_seconds), 2 * self._parts, MAX_PARTS))


def _stop(one: Slice, following: Iterable[Slice], parts: int) -> int:
    """The end of at most so many parts of one file that lie one behind the other."""
    file, stop = one.file.file, one.offset + one.part.size_bytes
    for _, other in zip(range(parts - 1), following, strict=False):
        if (other.file.file, other.offset) != (file, stop):
            break
        stop += other.part.size_bytes
    return stop
