"""An event leaves its document once the broker has confirmed it, and not before."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from services.kit.mongo import Repository
from services.kit.outbox import Relay
from services.kit.outbox_entry import OutboxEntry
from services.kit.refusals import Unavailable


class Document:
    """One document, `a`, as the relay knows it; `waits` is its outbox."""

    name = "documents"
    on_outbox_written: Callable[[str, Sequence[OutboxEntry]], None]

    def __init__(self, *events: str) -> None:
        self.waits = [
            OutboxEntry(event, "kit.counted.v1", {}, "", datetime(2031, 5, 6, tzinfo=UTC)) for event in events
        ]

    async def outbox(self, id: str) -> list[OutboxEntry]:
        return list(self.waits)

    async def unpublished(self, *, older_than_seconds: float) -> list[tuple[str, float]]:
        return [("a", 60.0)] if self.waits else []

    async def mark_published(self, id: str, entries: Sequence[OutboxEntry]) -> None:
        self.waits = [entry for entry in self.waits if entry not in entries]


class Broker:
    """Confirms all events but the one that is its `bane`."""

    def __init__(self, bane: str) -> None:
        self.bane = bane
        self.confirmed: list[str] = []

    async def publish(self, entry: OutboxEntry) -> None:
        if entry.id == self.bane:
            raise Unavailable()
        self.confirmed.append(entry.id)


async def test_an_event_that_was_not_confirmed_stays_and_is_published_by_the_next_sweep() -> None:
    document, broker = Document("one", "two", "three"), Broker(bane="two")
    relay = Relay([cast("Repository[Any]", document)], broker)
    document.on_outbox_written("a", document.waits)
    with pytest.raises(Unavailable):
        await relay.flush()
    assert [entry.id for entry in document.waits] == ["two", "three"]
    broker.bane = ""
    await relay.sweep()
    await relay.flush()
    assert document.waits == []
    assert broker.confirmed == ["one", "two", "three"]
