"""Are these the bytes that were sent? Whole parts, verified before their first byte leaves, two in memory at most."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import NamedTuple, Protocol

from services.contracts.values import Part, SentFile
from services.download.domain.ranges import Range
from services.download.streams import gauges

PARTS_IN_MEMORY = 2


class Source(Protocol):
    """What is needed of the object store."""

    async def read(self, key: str, offset: int, length: int) -> bytes:
        """Exactly these bytes."""


class PartCorrupted(Exception):
    """A stored part does not have the digest it had on arrival."""


class Slice(NamedTuple):
    """A part of a file that holds bytes of a range: where it lies in the object, and which of its bytes are wanted."""

    part: Part
    offset: int
    wanted: Range


def slices_of(file: SentFile, span: Range) -> list[Slice]:
    """The parts that cover a range, in order."""
    found, offset = [], 0
    for part in file.parts:
        start, stop = max(span[0] - offset, 0), min(span[1] - offset, part.size_bytes)
        if start < stop:
            found.append(Slice(part, offset, (start, stop)))
        offset += part.size_bytes
    return found


async def verified(source: Source, file: SentFile, one: Slice) -> memoryview:
    """The wanted bytes of a part whose whole digest is right; `PartCorrupted` when it is wrong twice."""
    for attempt in (1, 2):
        body = await source.read(file.object_key, one.offset, one.part.size_bytes)
        if await asyncio.to_thread(_sha256, body) == one.part.sha256:
            if attempt > 1:
                gauges.reread.inc()
            return memoryview(body)[slice(*one.wanted)]
    gauges.corrupted.inc()
    raise PartCorrupted()


class Reader:
    """The parts of one range: while one is being sent, the next is read."""

    def __init__(self, source: Source, file: SentFile, span: Range) -> None:
        self._source = source
        self._file = file
        self._left = slices_of(file, span)
        self._coming: asyncio.Task[memoryview] | None = None
        self.holds_bytes = sum(sorted(one.part.size_bytes for one in self._left)[-PARTS_IN_MEMORY:])

    async def first(self) -> None:
        """Have the first part, verified, so that a bad one is refused before anything was said."""
        self._look_ahead()
        if self._coming is not None:
            await asyncio.shield(self._coming)

    async def parts(self) -> AsyncIterator[memoryview]:
        """The verified bytes in order."""
        self._look_ahead()
        while self._coming is not None:
            body = await self._coming
            self._coming = None
            self._look_ahead()
            yield body
            del body

    async def close(self) -> None:
        """Read no further."""
        if self._coming is not None:
            self._coming.cancel()
            with suppress(BaseException):
                await self._coming

    def _look_ahead(self) -> None:
        if self._coming is None and self._left:
            self._coming = asyncio.create_task(verified(self._source, self._file, self._left.pop(0)))


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
