"""How does an event leave its document? Published with a confirm, then dropped; again if the process died between."""

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

from services.kit import metrics
from services.kit.logs import logger
from services.kit.mongo import Repository
from services.kit.outbox_entry import OutboxEntry

WORKERS = 16


class Publisher(Protocol):
    """What the relay needs of the bus."""

    async def publish(self, entry: OutboxEntry) -> None:
        """Return once the broker has confirmed; raise when the outcome is unknown."""


class Relay:
    """Publishes what this process announced at once, and what a dead process left behind after `grace_seconds`."""

    def __init__(
        self, repositories: Sequence[Repository[Any]], publisher: Publisher, grace_seconds: float = 5.0
    ) -> None:
        self._repositories = repositories
        self._publisher = publisher
        self._grace_seconds = grace_seconds
        self._queue: asyncio.Queue[tuple[Repository[Any], str]] = asyncio.Queue()
        self._queued: dict[tuple[str, str], Sequence[OutboxEntry] | None] = {}
        for repository in repositories:
            repository.on_outbox_written = lambda id, outbox, repository=repository: self._enqueue(
                repository, id, outbox
            )  # type: ignore[misc]

    async def run(self) -> None:
        """Publish until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(WORKERS):
                tasks.create_task(self._work())

    async def sweep(self) -> None:
        """Take up events that nobody published: their process died, or the broker was away."""
        oldest = 0.0
        for repository in self._repositories:
            for id, age_seconds in await repository.unpublished(older_than_seconds=self._grace_seconds):
                oldest = max(oldest, age_seconds)
                self._enqueue(repository, id)
        metrics.outbox_age.set(oldest)

    async def flush(self) -> None:
        """Publish what is queued in this process, before it stops."""
        while not self._queue.empty():
            repository, id = self._queue.get_nowait()
            await self._relay(repository, id)

    def _enqueue(self, repository: Repository[Any], id: str, outbox: Sequence[OutboxEntry] | None = None) -> None:
        """Have the events of one aggregate published; `outbox` is all that waits there, none when that must be read."""
        key = repository.name, id
        if key not in self._queued:
            self._queue.put_nowait((repository, id))
        self._queued[key] = outbox

    async def _work(self) -> None:
        while True:
            repository, id = await self._queue.get()
            try:
                await self._relay(repository, id)
            except Exception:
                # The events stay in the document: the sweep takes them up again.
                logger().warning("events not published", collection=repository.name, exc_info=True)

    async def _relay(self, repository: Repository[Any], id: str) -> None:
        """In order per aggregate: the first failure leaves the rest for later."""
        entries = self._queued.pop((repository.name, id), None)
        if entries is None:
            entries = await repository.outbox(id)
        published: list[OutboxEntry] = []
        try:
            for entry in entries:
                await self._publisher.publish(entry)
                published.append(entry)
        finally:
            if published:
                await repository.mark_published(id, published)
