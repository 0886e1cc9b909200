"""How many downloads may run in this process? Places in shares, a least rate once others wait, an orderly end."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress

from services.download.domain.refusals import TooManyDownloads
from services.download.streaming import metrics
from services.download.streaming.progress_recorder import STALLED_SECONDS
from services.download.streaming.slots import RETRY_SECONDS, SlotLimits, SlotUse, make_way
from services.kit.clock import monotonic_seconds

LAST_RECORDS_SECONDS = 5.0
MAKING_WAY_SECONDS = 5.0


class ClientDisconnected(Exception):
    """The reader closed the line, or took nothing of it for a minute."""


class Preempted(Exception):
    """The reader was slower than the least rate, and somebody else needs the place."""


class Slot:
    """SlotUse by one response; while that waits for its reader, the place can be taken back."""

    def __init__(self, held: SlotUse) -> None:
        self.held = held
        self.is_given_away = False
        self.left = asyncio.Event()
        self._waiting: asyncio.Timeout | None = None

    @asynccontextmanager
    async def waiting(self, takes_bytes: int = 0) -> AsyncIterator[None]:
        """Wait until the client has read so many bytes.

        Raises `ClientDisconnected` after a minute without progress, and `Preempted` when the slot was taken back.
        """
        if self.is_given_away:
            raise Preempted()
        self.held.pace.begins(monotonic_seconds())
        try:
            async with asyncio.timeout(STALLED_SECONDS) as self._waiting:
                yield
        except TimeoutError:
            raise (Preempted() if self.is_given_away else ClientDisconnected()) from None
        finally:
            self._waiting = None
        self.held.pace.ends(monotonic_seconds(), takes_bytes)

    def give_away(self) -> None:
        """End the response as soon as it waits for its reader."""
        self.is_given_away = True
        if self._waiting:
            self._waiting.reschedule(0)


class DownloadLimiter:
    """Places at the counter; nobody waits in line, the answer is 503 with Retry-After."""

    def __init__(self, bounds: SlotLimits) -> None:
        self._bounds = bounds
        self._places: set[Slot] = set()
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def responses(self) -> int:
        """Return how many carry bytes now; one that has ended is among them until its last record is written."""
        return len(self._places)

    @asynccontextmanager
    async def place(self, link: str, network: str, holds_bytes: int) -> AsyncIterator[Slot]:
        """Give a place to one response that holds at most so many bytes; one alone always finds room."""
        asking = Slot(SlotUse(link, network, holds_bytes))
        kept = {place.held: place for place in self._places if not place.is_given_away}
        ending = [kept[held] for held in make_way(self._bounds, list(kept), asking.held, monotonic_seconds())]
        self._places.add(asking)
        self._empty.clear()
        metrics.running.inc()
        try:
            await _left(ending)
            yield asking
        finally:
            asking.left.set()
            self._places.remove(asking)
            metrics.running.dec()
            if not self._places:
                self._empty.set()

    async def until_stopped(self) -> None:
        """Wait for ever; when cancelled at the end of the process, first let the last responses write down theirs."""
        try:
            await asyncio.Event().wait()
        finally:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), LAST_RECORDS_SECONDS)


async def _left(ending: Iterable[Slot]) -> None:
    for place in ending:
        place.give_away()
    try:
        async with asyncio.timeout(MAKING_WAY_SECONDS):
            for place in ending:
                await place.left.wait()
    except TimeoutError:
        raise TooManyDownloads(retry_after_seconds=RETRY_SECONDS) from None
