"""How many downloads run in this process at once, and an orderly end of them."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress

from services.download.domain.refusals import TooManyDownloads
from services.download.streaming import metrics
from services.download.streaming.progress_recorder import STALLED_SECONDS
from services.download.streaming.slots import RETRY_SECONDS, SlotLimits, SlotUse, choose_preempted
from services.kit.clock import monotonic_seconds

LAST_RECORDS_SECONDS = 5.0
PREEMPTION_SECONDS = 5.0


class ClientDisconnected(Exception):
    """The client closed the connection, or took nothing for a minute."""


class Preempted(Exception):
    """The client was slower than the minimum rate, and another response needs its slot."""


class Slot:
    """A slot of one response; it can be taken back while the response waits for its client."""

    def __init__(self, use: SlotUse) -> None:
        self.use = use
        self.is_preempted = False
        self.released = asyncio.Event()
        self._waiting: asyncio.Timeout | None = None

    @asynccontextmanager
    async def waiting(self, takes_bytes: int = 0) -> AsyncIterator[None]:
        """Wait until the client has taken so many bytes.

        Raises `ClientDisconnected` after a minute, and `Preempted` when the slot was taken back.
        """
        if self.is_preempted:
            raise Preempted()
        self.use.throughput.start_waiting(monotonic_seconds())
        try:
            async with asyncio.timeout(STALLED_SECONDS) as self._waiting:
                yield
        except TimeoutError:
            raise (Preempted() if self.is_preempted else ClientDisconnected()) from None
        finally:
            self._waiting = None
        self.use.throughput.stop_waiting(monotonic_seconds(), takes_bytes)

    def preempt(self) -> None:
        """Cut the response as soon as it waits for its client."""
        self.is_preempted = True
        if self._waiting:
            self._waiting.reschedule(0)


class DownloadLimiter:
    """The slots of this process; nothing is queued, a response without a slot is refused with 503."""

    def __init__(self, limits: SlotLimits) -> None:
        self._limits = limits
        self._slots: set[Slot] = set()
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def responses(self) -> int:
        """How many carry bytes now; one that has ended is among them until its last record is written."""
        return len(self._slots)

    @asynccontextmanager
    async def slot(self, link: str, network: str, held_bytes: int) -> AsyncIterator[Slot]:
        """Hold a slot for one response that holds at most so many bytes; a single response always gets one.

        Refuses with `TooManyDownloads`.
        """
        asking = Slot(SlotUse(link, network, held_bytes))
        running = {slot.use: slot for slot in self._slots if not slot.is_preempted}
        uses = choose_preempted(self._limits, list(running), asking.use, monotonic_seconds())
        self._slots.add(asking)
        self._empty.clear()
        metrics.running.inc()
        try:
            await _preempt([running[use] for use in uses])
            yield asking
        finally:
            asking.released.set()
            self._slots.remove(asking)
            metrics.running.dec()
            if not self._slots:
                self._empty.set()

    async def until_stopped(self) -> None:
        """Wait until cancelled at the end of the process, then for the last responses to write their records."""
        try:
            await asyncio.Event().wait()
        finally:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), LAST_RECORDS_SECONDS)


async def _preempt(slots: Iterable[Slot]) -> None:
    for slot in slots:
        slot.preempt()
    try:
        async with asyncio.timeout(PREEMPTION_SECONDS):
            for slot in slots:
                await slot.released.wait()
    except TimeoutError:
        raise TooManyDownloads(retry_after_seconds=RETRY_SECONDS) from None
