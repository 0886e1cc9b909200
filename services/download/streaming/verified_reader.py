"""Are these the bytes that were sent? Whole parts, verified before their first byte leaves, two in memory at most."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import suppress

from services.download.streaming import metrics
from services.download.streaming.buffer_pool import BufferPool
from services.download.streaming.read_ahead import ObjectRange, RangeSource, ReadAhead
from services.download.streaming.read_plan import Batch, Piece, Slice, batches_of, held_bytes

BATCHES_IN_MEMORY = 2


class PartCorrupted(Exception):
    """A stored part does not have the digest it had on arrival."""

    def __init__(self, file: str) -> None:
        super().__init__(file)
        self.file = file


class VerifiedReader:
    """The pieces of one range: while some are being sent, the next are read."""

    def __init__(self, source: RangeSource, pieces: Iterable[Piece], memory: BufferPool) -> None:
        self._source = source
        self._left = deque(batches_of(pieces))
        self._runs = ReadAhead(source)
        self._memory = memory
        self._coming: asyncio.Task[memoryview] | None = None
        self.holds_bytes = sum(sorted(map(held_bytes, self._left))[-BATCHES_IN_MEMORY:])

    async def first(self) -> None:
        """Have the first bytes, verified, so that a bad part is refused before anything was said."""
        self._look_ahead()
        if self._coming is not None:
            await asyncio.shield(self._coming)

    async def parts(self) -> AsyncIterator[memoryview]:
        """The verified bytes in order; a view must be released before the next one is asked for."""
        self._look_ahead()
        while self._coming is not None:
            body = await self._coming
            self._coming = None
            self._look_ahead()
            yield body
            del body

    async def close(self) -> None:
        """Read no further, and give the memory back."""
        if self._coming is not None:
            self._coming.cancel()
            with suppress(BaseException):
                await self._coming
            self._coming = None
        await self._runs.close()
        self._memory.tidy()

    def _look_ahead(self) -> None:
        if self._coming is None and self._left:
            self._coming = asyncio.create_task(self._read(self._left.popleft()))

    async def _read(self, batch: Batch) -> memoryview:
        """The bytes of pieces one after the other, every part of them verified."""
        if len(batch) == 1 and isinstance(batch[0], Slice):
            block = self._memory.block(batch[0].part.size_bytes)
            return await self._verified(batch[0], block, await self._runs.at(batch[0], self._following()))
        parts = iter(await asyncio.gather(*(self._small(one) for one in batch if isinstance(one, Slice))))
        return memoryview(b"".join(next(parts) if isinstance(one, Slice) else one for one in batch))

    async def _small(self, one: Slice) -> memoryview:
        return await self._verified(one, memoryview(bytearray(one.part.size_bytes)), self._alone(one))

    async def _verified(self, one: Slice, block: memoryview, run: ObjectRange) -> memoryview:
        """The wanted bytes of a part whose whole digest is right; `PartCorrupted` when it is wrong twice."""
        wanted = block[slice(*one.wanted)]
        if await run.read_into(block) == one.part.sha256:
            return wanted
        if await self._alone(one).read_into(block) == one.part.sha256:
            metrics.reread.inc()
            return wanted
        metrics.corrupted.inc()
        raise PartCorrupted(one.file.file)

    def _alone(self, one: Slice) -> ObjectRange:
        return self._source.open_range(one.file.object_key, one.offset, one.offset + one.part.size_bytes)

    def _following(self) -> Iterator[Slice]:
        """The large parts that come next."""
        for batch in self._left:
            if len(batch) != 1 or not isinstance(batch[0], Slice):
                return
            yield batch[0]
