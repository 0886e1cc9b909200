"""How many downloads may run in this process? Bounds in all, for a link and for memory; an orderly end (R68, R70)."""

import asyncio
from collections import Counter as Tally
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from services.download.domain.refusals import CounterBusy
from services.download.streams import gauges

LAST_RECORDS_SECONDS = 5.0


class Counter:
    """Places at the counter; nobody waits in line, the answer is 503 with Retry-After."""

    def __init__(self, places: int, places_per_link: int, memory_bytes: int) -> None:
        self._places = places
        self._places_per_link = places_per_link
        self._memory_bytes = memory_bytes
        self._held_bytes = 0
        self._taken: Tally[str] = Tally()
        self._empty = asyncio.Event()
        self._empty.set()

    @asynccontextmanager
    async def place(self, link: str, holds_bytes: int) -> AsyncIterator[None]:
        """A place for one response that holds at most so many bytes; one alone always finds room."""
        busy = self._taken.total() >= self._places or self._taken[link] >= self._places_per_link
        if busy or (self._taken and self._held_bytes + holds_bytes > self._memory_bytes):
            raise CounterBusy(retry_after_seconds=10)
        self._taken[link] += 1
        self._held_bytes += holds_bytes
        self._empty.clear()
        gauges.running.inc()
        try:
            yield
        finally:
            self._taken -= Tally([link])
            self._held_bytes -= holds_bytes
            gauges.running.dec()
            if not self._taken:
                self._empty.set()

    async def until_stopped(self) -> None:
        """Wait for ever; when cancelled at the end of the process, first let the last responses write down theirs."""
        try:
            await asyncio.Event().wait()
        finally:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), LAST_RECORDS_SECONDS)
