"""Whole-document writes over a known version, on the real server; the fake passes what it claims to be."""

import asyncio
import os
import signal
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from pydantic import SecretStr

from devstack.stack import Stack
from services.kit.aggregate import Aggregate
from services.kit.clock import utc_now
from services.kit.events import Event, Secret
from services.kit.mongo import Database, ExpiringDocuments, Repository
from services.kit.refusals import Conflict, NotFound, Unavailable
from tests.eventually import eventually
from tests.fakes.mongo import FakeRepository
from tests.harness import MONGO_TIMEOUT_SECONDS


class Tally(Aggregate):
    count: int = 0
    due_at: datetime | None = None


class Counted(Event):
    type: ClassVar[str] = "kit.counted.v1"
    subscribers: ClassVar[tuple[str, ...]] = ()
    count: int
    token: Secret


class Full(Conflict):
    """Enough."""


def one_more(state: Tally, now: datetime) -> tuple[Tally, list[Event]]:
    return state.evolve(count=state.count + 1), [Counted(count=state.count + 1, token=SecretStr("s3cret"))]


@pytest.fixture(params=["real", "fake"])
async def tallies(request: pytest.FixtureRequest, database: Database) -> Any:
    return database.repository("tallies", Tally) if request.param == "real" else FakeRepository[Tally](utc_now())


@pytest.fixture
def real(database: Database) -> Repository[Tally]:
    return database.repository("tallies", Tally)


async def test_adding_the_same_id_twice_says_so_and_changes_nothing(tallies: Any) -> None:
    assert await tallies.add(Tally(id="a", count=1))
    assert not await tallies.add(Tally(id="a", count=9))
    assert (await tallies.get("a")).count == 1


async def test_a_change_is_written_with_its_version(tallies: Any) -> None:
    await tallies.add(Tally(id="a"))
    changed = await tallies.update("a", one_more)
    assert changed == await tallies.get("a")
    assert (changed.count, changed.version) == (1, 2)


async def test_a_refused_change_writes_nothing(tallies: Any) -> None:
    def refuse(state: Tally, now: datetime) -> tuple[Tally, list[Event]]:
        raise Full()

    await tallies.add(Tally(id="a"))
    with pytest.raises(Full):
        await tallies.update("a", refuse)
    assert (await tallies.get("a")).version == 1


async def test_an_unknown_id_is_not_found(tallies: Any) -> None:
    with pytest.raises(NotFound):
        await tallies.update("nobody", one_more)


async def test_a_change_that_changes_nothing_is_not_written(tallies: Any) -> None:
    await tallies.add(Tally(id="a"))
    await tallies.update("a", lambda state, now: (state, []))
    assert (await tallies.get("a")).version == 1


async def test_two_hundred_concurrent_changes_over_three_clients_lose_none(servers: Stack, database: Database) -> None:
    replicas = [Database(servers.mongo_admin_url, database._database.name, MONGO_TIMEOUT_SECONDS) for _ in range(3)]
    stores = [replica.repository("tallies", Tally) for replica in replicas]
    await stores[0].add(Tally(id="a"))
    await asyncio.gather(*(stores[n % 3].update("a", one_more) for n in range(200)))
    state = await stores[0].get("a")
    events = await stores[0].outbox("a")
    assert (state.count, state.version) == (200, 201)
    assert [event.body["count"] for event in events] == list(range(1, 201))
    for replica in replicas:
        replica.close()


async def test_an_event_waits_in_the_document_until_it_is_confirmed(real: Repository[Tally]) -> None:
    await real.add(Tally(id="a"))
    await real.update("a", one_more)
    (entry,) = await real.outbox("a")
    assert entry.body == {"count": 1, "token": "s3cret"}
    assert [id for id, _ in await real.unpublished(older_than_seconds=0)] == ["a"]
    assert not await real.remove("a")
    await real.mark_published("a", [entry])
    assert await real.outbox("a") == []
    assert await real.unpublished(older_than_seconds=0) == []
    assert await real.remove("a")


async def test_whoever_publishes_is_handed_all_that_waits(real: Repository[Tally]) -> None:
    handed: list[list[dict[str, object]]] = []
    real.on_outbox_written = lambda _id, outbox: handed.append([entry.body for entry in outbox])
    await real.add(Tally(id="a"))
    await real.update("a", lambda state, now: (state.evolve(count=7), []))
    await real.update("a", one_more)
    await real.update("a", one_more)
    assert [[body["count"] for body in bodies] for bodies in handed] == [[8], [8, 9]]


async def test_what_is_confirmed_at_once_is_dropped_together_and_nothing_else(real: Repository[Tally]) -> None:
    ids = [str(number) for number in range(30)]
    for id in ids:
        await real.add(Tally(id=id))
        await real.update(id, one_more)
    first = {id: await real.outbox(id) for id in ids}
    await real.update("0", one_more)
    await asyncio.gather(*(real.mark_published(id, first[id]) for id in ids))
    assert [id for id, _ in await real.unpublished(older_than_seconds=0)] == ["0"]
    assert [entry.body["count"] for entry in await real.outbox("0")] == [2]


def test_a_secret_in_an_event_is_masked_wherever_it_is_shown() -> None:
    event = Counted(count=1, token=SecretStr("s3cret"))
    assert "s3cret" not in repr(event) + str(event) + str(event.model_dump())


async def test_the_database_says_what_is_due(real: Repository[Tally]) -> None:
    now = (await _database_time(real)).replace(microsecond=0)
    for id, due_at in {
        "past": now - timedelta(seconds=9),
        "older": now - timedelta(days=9),
        "ahead": now + timedelta(days=9),
    }.items():
        await real.add(Tally(id=id, due_at=due_at))
    await real.add(Tally(id="never"))
    assert await real.due_ids("due_at") == ["older", "past"]
    (older, then), _ = await real.due("due_at", limit=10)
    assert (older.id, older.version) == ("older", 1)
    assert now <= then <= await _database_time(real)
    assert (await real.update("older", one_more, (older, then))).version == 2


async def test_a_record_is_taken_once_by_two_hundred_at_a_time(database: Database) -> None:
    records = database.expiring_documents("records")
    await records.add("one", {"until": datetime(2999, 1, 1, tzinfo=UTC), "answer": "x"})
    taken = await asyncio.gather(*(records.pop("one", "until") for _ in range(200)))
    assert len([record for record in taken if record]) == 1


async def test_a_record_past_its_end_is_not_taken(database: Database) -> None:
    records = database.expiring_documents("records")
    await records.add("old", {"until": datetime(2001, 1, 1, tzinfo=UTC)})
    assert await records.pop("old", "until") is None


async def test_a_counter_counts_every_hit_of_a_window_and_begins_again_after_it(database: Database) -> None:
    records: ExpiringDocuments = database.expiring_documents("counters", expire_at="until")
    counts = await asyncio.gather(*(records.increment("key", window_seconds=3600) for _ in range(100)))
    assert sorted(counted.hits for counted in counts) == list(range(1, 101))
    assert all(3500 < counted.seconds_left <= 3600 for counted in counts)
    long_ago = {"since": datetime(2001, 1, 1, tzinfo=UTC), "count": 9, "until": datetime(2999, 1, 1, tzinfo=UTC)}
    await records.put("key", long_ago)
    assert await records.increment("key", window_seconds=3600) == (1, 3600)


async def test_a_member_is_counted_once_in_a_window_and_only_where_there_is_room(database: Database) -> None:
    records: ExpiringDocuments = database.expiring_documents("counters", expire_at="until")

    async def allowed(members: range) -> set[int]:
        counts = (records.count_once("key", f"${one % 40}", limit=20, window_seconds=3600) for one in members)
        return {one % 40 for one, among in zip(members, await asyncio.gather(*counts), strict=True) if among}

    first = await allowed(range(100))
    assert len(first) == 20
    assert await allowed(range(40)) == first
    await records.put("key", {"since": datetime(2001, 1, 1, tzinfo=UTC), "members": [f"${one}" for one in first]})
    assert await allowed(range(20)) == set(range(20))


async def test_a_mark_ends_by_the_clock_of_the_database(database: Database) -> None:
    records: ExpiringDocuments = database.expiring_documents("marks", expire_at="until")
    before = await database.now()
    await records.mark("one", seconds=3600)
    found = await records.get("one")
    assert found is not None
    assert before <= found["until"] - timedelta(hours=1) <= await database.now()


async def test_a_stalled_database_is_unavailable_and_then_serves_again(servers: Stack, database: Database) -> None:
    as_a_service_has_it = Database(servers.mongo_admin_url, database._database.name)
    real = as_a_service_has_it.repository("tallies", Tally)
    await real.add(Tally(id="a"))
    pid = servers.pid("mongo")
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        await eventually(lambda: _is_refused(real, "a"))
    finally:
        os.kill(pid, signal.SIGCONT)
    await eventually(lambda: _is_served(real, "a"))
    as_a_service_has_it.close()


async def _is_refused(store: Repository[Tally], id: str) -> bool:
    """It takes a moment until all threads of a server stand still."""
    return not await _is_served(store, id)


async def _is_served(store: Repository[Tally], id: str) -> bool:
    """Whoever stood still may have lost its office, and is elected again first."""
    try:
        return (await store.get(id)).id == id
    except Unavailable:
        return False


async def _database_time(store: Repository[Tally]) -> datetime:
    await store.add(Tally(id="clock"))
    return (await store.read("clock"))[1]
