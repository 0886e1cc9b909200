"""Are these the bytes that were sent? Whole parts, verified before their first byte leaves, two in memory at most."""

import asyncio
import hashlib
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from typing import NamedTuple, Protocol

from services.contracts.values import Part, SentFile
from services.download.domain.ranges import Range
from services.download.streams import gauges

BATCHES_IN_MEMORY = 2
BATCH_BYTES = 1024 * 1024
BATCH_PIECES = 16


class Source(Protocol):
    """What is needed of the object store."""

    async def read(self, key: str, offset: int, length: int) -> bytes:
        """Exactly these bytes."""


class PartCorrupted(Exception):
    """A stored part does not have the digest it had on arrival."""

    def __init__(self, file: str) -> None:
        super().__init__(file)
        self.file = file


class Slice(NamedTuple):
    """A part of a file that holds bytes of a range: where it lies in the object, and which of its bytes are wanted."""

    file: SentFile
    part: Part
    offset: int
    wanted: Range


Piece = bytes | Slice
Batch = list[Piece]


def slices_of(file: SentFile, span: Range) -> list[Slice]:
    """The parts that cover a range, in order."""
    found, offset = [], 0
    for part in file.parts:
        start, stop = max(span[0] - offset, 0), min(span[1] - offset, part.size_bytes)
        if start < stop:
            found.append(Slice(file, part, offset, (start, stop)))
        offset += part.size_bytes
    return found


def batches_of(pieces: Iterable[Piece]) -> list[Batch]:
    """What is read in one go: small files with what stands between them, and any other part alone."""
    found: list[Batch] = []
    for piece in pieces:
        if not found or not _fits(found[-1], piece):
            found.append([])
        found[-1].append(piece)
    return found


def _fits(batch: Batch, piece: Piece) -> bool:
    files = [one.file.file for one in (*batch, piece) if isinstance(one, Slice)]
    small = sum(map(_held, (*batch, piece))) <= BATCH_BYTES
    return small and len(batch) < BATCH_PIECES and len(set(files)) == len(files)


async def verified(source: Source, one: Slice) -> memoryview:
    """The wanted bytes of a part whose whole digest is right; `PartCorrupted` when it is wrong twice."""
    for attempt in (1, 2):
        body = await source.read(one.file.object_key, one.offset, one.part.size_bytes)
        if await asyncio.to_thread(_sha256, body) == one.part.sha256:
            if attempt > 1:
                gauges.reread.inc()
            return memoryview(body)[slice(*one.wanted)]
    gauges.corrupted.inc()
    raise PartCorrupted(one.file.file)


async def read_batch(source: Source, batch: Batch) -> memoryview:
    """The bytes of pieces one after the other, every part of them verified."""
    if len(batch) == 1 and isinstance(batch[0], Slice):
        return await verified(source, batch[0])
    parts = iter(await asyncio.gather(*(verified(source, one) for one in batch if isinstance(one, Slice))))
    return memoryview(b"".join(next(parts) if isinstance(one, Slice) else one for one in batch))


class Reader:
    """The pieces of one range: while some are being sent, the next are read."""

    def __init__(self, source: Source, pieces: Iterable[Piece]) -> None:
        self._source = source
        self._left = deque(batches_of(pieces))
        self._coming: asyncio.Task[memoryview] | None = None
        self.holds_bytes = sum(sorted(sum(_held(one) for one in batch) for batch in self._left)[-BATCHES_IN_MEMORY:])

    async def first(self) -> None:
        """Have the first bytes, verified, so that a bad part is refused before anything was said."""
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
            self._coming = asyncio.create_task(read_batch(self._source, self._left.popleft()))


def _held(piece: Piece) -> int:
    return piece.part.size_bytes if isinstance(piece, Slice) else len(piece)


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
