"""How does a fact leave its document? Published with a confirm, then dropped; again if the process died between."""

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

from services.kit import metrics
from services.kit.announced import Announced
from services.kit.logs import logger
from services.kit.mongo import Aggregates

WORKERS = 16


class Publisher(Protocol):
    """What the relay needs of the bus."""

    async def publish(self, entry: Announced) -> None:
        """Return once the broker has confirmed; raise when the outcome is unknown."""


class Relay:
    """Publishes what this process announced at once, and what a dead process left behind after `grace_seconds`."""

    def __init__(self, sources: Sequence[Aggregates[Any]], publisher: Publisher, grace_seconds: float = 5.0) -> None:
        self._sources = sources
        self._publisher = publisher
        self._grace_seconds = grace_seconds
        self._waiting: asyncio.Queue[tuple[Aggregates[Any], str]] = asyncio.Queue()
        self._queued: dict[tuple[str, str], Sequence[Announced] | None] = {}
        for source in sources:
            source.on_announced = lambda id, outbox, source=source: self._enqueue(source, id, outbox)  # type: ignore[misc]

    async def run(self) -> None:
        """Publish until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(WORKERS):
                tasks.create_task(self._work())

    async def sweep(self) -> None:
        """Take up facts that nobody published: their process died, or the broker was away."""
        oldest = 0.0
        for source in self._sources:
            for id, age_seconds in await source.waiting(older_than_seconds=self._grace_seconds):
                oldest = max(oldest, age_seconds)
                self._enqueue(source, id)
        metrics.outbox_age.set(oldest)

    async def flush(self) -> None:
        """Publish what is queued in this process, before it stops."""
        while not self._waiting.empty():
            source, id = self._waiting.get_nowait()
            await self._relay(source, id)

    def _enqueue(self, source: Aggregates[Any], id: str, outbox: Sequence[Announced] | None = None) -> None:
        """Have the facts of one aggregate published; `outbox` is all that waits there, none when that must be read."""
        key = source.name, id
        if key not in self._queued:
            self._waiting.put_nowait((source, id))
        self._queued[key] = outbox

    async def _work(self) -> None:
        while True:
            source, id = await self._waiting.get()
            try:
                await self._relay(source, id)
            except Exception:
                # The facts stay in the document: the sweep takes them up again.
                logger().warning("facts not published", collection=source.name, exc_info=True)

    async def _relay(self, source: Aggregates[Any], id: str) -> None:
        """In order per aggregate: the first failure leaves the rest for later."""
        entries = self._queued.pop((source.name, id), None)
        if entries is None:
            entries = await source.outbox(id)
        sent: list[Announced] = []
        try:
            for entry in entries:
                await self._publisher.publish(entry)
                sent.append(entry)
        finally:
            if sent:
                await source.confirmed(id, sent)
