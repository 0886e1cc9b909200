"""Reads whole parts and verifies each before its first byte is sent; at most two are in memory (R13)."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import suppress

from services.download.streaming import metrics
from services.download.streaming.buffer_pool import BufferPool
from services.download.streaming.read_ahead import ObjectRange, RangeSource, ReadAhead
from services.download.streaming.read_plan import Batch, PartSlice, Piece, batches_of, memory_bytes

BATCHES_IN_MEMORY = 2


class PartCorrupted(Exception):
    """A stored part does not have the digest it had on arrival."""

    def __init__(self, file: str) -> None:
        super().__init__(file)
        self.file = file


class VerifiedReader:
    """The verified bytes of one range; while some are sent, the next are read. It holds at most `held_bytes`."""

    def __init__(self, source: RangeSource, pieces: Iterable[Piece], buffers: BufferPool) -> None:
        self._source = source
        self._left = deque(batches_of(pieces))
        self._read_ahead = ReadAhead(source)
        self._buffers = buffers
        self._next: asyncio.Task[memoryview] | None = None
        self.held_bytes = sum(sorted(map(memory_bytes, self._left))[-BATCHES_IN_MEMORY:])

    async def prefetch(self) -> None:
        """Read and verify the first bytes, so that a corrupted part is refused before the headers are sent."""
        self._start_next()
        if self._next is not None:
            await asyncio.shield(self._next)

    async def chunks(self) -> AsyncIterator[memoryview]:
        """Yield the verified bytes in order; a view must be released before the next one is asked for."""
        self._start_next()
        while self._next is not None:
            chunk = await self._next
            self._next = None
            self._start_next()
            yield chunk
            del chunk

    async def close(self) -> None:
        """Stop reading, and give the memory back."""
        if self._next is not None:
            self._next.cancel()
            with suppress(BaseException):
                await self._next
            self._next = None
        await self._read_ahead.close()
        self._buffers.trim()

    def _start_next(self) -> None:
        if self._next is None and self._left:
            self._next = asyncio.create_task(self._read(self._left.popleft()))

    async def _read(self, batch: Batch) -> memoryview:
        """Return the bytes of consecutive pieces, every part of them verified."""
        if len(batch) == 1 and isinstance(batch[0], PartSlice):
            buffer = self._buffers.acquire(batch[0].part.size_bytes)
            return await self._verified(batch[0], buffer, await self._read_ahead.range_at(batch[0], self._following()))
        parts = iter(await asyncio.gather(*(self._small(one) for one in batch if isinstance(one, PartSlice))))
        return memoryview(b"".join(next(parts) if isinstance(one, PartSlice) else one for one in batch))

    async def _small(self, one: PartSlice) -> memoryview:
        return await self._verified(one, memoryview(bytearray(one.part.size_bytes)), self._alone(one))

    async def _verified(self, one: PartSlice, buffer: memoryview, read: ObjectRange) -> memoryview:
        """Return the wanted bytes of a part whose digest is right; raise `PartCorrupted` when it is wrong twice."""
        wanted = buffer[slice(*one.wanted)]
        if await read.read_into(buffer) == one.part.sha256:
            return wanted
        if await self._alone(one).read_into(buffer) == one.part.sha256:
            metrics.reread.inc()
            return wanted
        metrics.corrupted.inc()
        raise PartCorrupted(one.file.file)

    def _alone(self, one: PartSlice) -> ObjectRange:
        return self._source.open_range(one.file.object_key, one.offset, one.offset + one.part.size_bytes)

    def _following(self) -> Iterator[PartSlice]:
        """Yield the large parts that come next."""
        for batch in self._left:
            if len(batch) != 1 or not isinstance(batch[0], PartSlice):
                return
            yield batch[0]
