"""Publish events from the outboxes with a confirm, then remove them; a crash between the two publishes again."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any, Protocol

from services.kit import metrics
from services.kit.logs import logger
from services.kit.mongo import Repository
from services.kit.outbox_entry import OutboxEntry

WORKERS = 16


class Publisher(Protocol):
    """Publishes one outbox entry."""

    async def publish(self, entry: OutboxEntry) -> None:
        """Return once the broker has confirmed; raise when the outcome is unknown."""


class Relay:
    """Publishes this process's events at once, and events of crashed processes after `grace_seconds`."""

    def __init__(
        self, repositories: Sequence[Repository[Any]], publisher: Publisher, grace_seconds: float = 5.0
    ) -> None:
        self._repositories = repositories
        self._publisher = publisher
        self._grace_seconds = grace_seconds
        self._queue: asyncio.Queue[tuple[Repository[Any], str]] = asyncio.Queue()
        self._queued: dict[tuple[str, str], Sequence[OutboxEntry] | None] = {}
        for repository in repositories:
            repository.on_outbox_written = partial(self._enqueue, repository)

    async def run(self) -> None:
        """Publish until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(WORKERS):
                tasks.create_task(self._work())

    async def sweep(self) -> None:
        """Queue old unpublished events: their process crashed, or the broker was unreachable."""
        oldest = 0.0
        for repository in self._repositories:
            for id, age_seconds in await repository.unpublished(older_than_seconds=self._grace_seconds):
                oldest = max(oldest, age_seconds)
                self._enqueue(repository, id)
        metrics.outbox_age.set(oldest)

    async def flush(self) -> None:
        """Publish the events queued in this process, before it stops."""
        while not self._queue.empty():
            repository, id = self._queue.get_nowait()
            await self._relay(repository, id)

    def _enqueue(self, repository: Repository[Any], id: str, outbox: Sequence[OutboxEntry] | None = None) -> None:
        """Queue the events of one aggregate; `outbox` is its whole outbox, or None if it must be read."""
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
                # The events stay in the document: the next sweep queues them again.
                logger().warning("events not published", collection=repository.name, exc_info=True)

    async def _relay(self, repository: Repository[Any], id: str) -> None:
        """Publish in order; after a failure the rest stays for a later attempt."""
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
