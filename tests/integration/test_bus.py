"""Events on the real broker: confirmed, retried after delays, dead-lettered with their reason, never lost."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.exceptions import PublishError

from devstack.stack import Stack
from services.kit import bus as bus_module
from services.kit.aggregate import Aggregate
from services.kit.bus import EVENTS_EXCHANGE, PREFETCH, Bus, declare
from services.kit.dead_letters import DeadLetterQueue
from services.kit.events import Event
from services.kit.mongo import Database, OutboxEntry
from services.kit.outbox import Relay
from services.kit.refusals import Conflict, Unavailable
from tests.eventually import TIMEOUT_SECONDS, eventually


class BellRang(Event):
    type: ClassVar[str] = "probe.bell-rang.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("probe",)
    times: int


class Unsubscribed(Event):
    type: ClassVar[str] = "probe.unsubscribed.v1"
    subscribers: ClassVar[tuple[str, ...]] = ()


class NotNow(Conflict):
    """A decision."""


class Bell(Aggregate):
    times: int = 0


class RecordingHandler:
    """A handler that records events, and raises the given failures first."""

    def __init__(self, failures: list[Exception] | None = None) -> None:
        self.handled: list[int] = []
        self.failures = failures or []

    async def __call__(self, event: BellRang) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.handled.append(event.times)


Connect = Callable[[Any], Awaitable[Bus]]


@pytest.fixture
async def connect(servers: Stack, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Connect]:
    """Return buses with empty queues and delays of milliseconds; close them at the end."""
    monkeypatch.setattr(bus_module, "RETRY_DELAYS", {"5s": 0.05, "60s": 0.1, "600s": 0.15})
    await declare(servers.amqp_admin_url, [BellRang])
    await _empty(servers)
    opened: list[Bus] = []

    async def open_bus(handler: Any) -> Bus:
        bus = Bus(servers.amqp_admin_url, "probe")
        opened.append(bus)
        await bus.connect({BellRang: handler})
        return bus

    yield open_bus
    for bus in opened:
        await bus.close()


async def _empty(servers: Stack) -> None:
    connection = await aio_pika.connect(servers.amqp_admin_url)
    async with connection:
        channel = await connection.channel()
        for name in ("on.probe.bell-rang.v1", "dead", "retry.5s", "retry.60s", "retry.600s"):
            await (await channel.get_queue(f"probe.{name}")).purge()


def entry(times: int, type: str = BellRang.type, body: dict[str, Any] | None = None) -> OutboxEntry:
    body = {"times": times} if body is None else body
    return OutboxEntry(str(uuid4()), type, body, f"00-{'a' * 32}-{'b' * 16}-01", datetime.now(UTC))


async def test_an_event_reaches_its_subscriber(connect: Connect) -> None:
    handler = RecordingHandler()
    bus = await connect(handler)
    await bus.publish(entry(1))
    await eventually(lambda: _is(handler.handled, [1]))


async def test_an_event_that_no_queue_takes_is_an_error_for_its_publisher(connect: Connect) -> None:
    bus = await connect(RecordingHandler())
    with pytest.raises(PublishError):
        await bus.publish(entry(1, Unsubscribed.type))


async def test_a_failed_event_is_retried_after_each_delay(connect: Connect) -> None:
    handler = RecordingHandler([ValueError("first"), Unavailable(), ValueError("third")])
    bus = await connect(handler)
    await bus.publish(entry(7))
    await eventually(lambda: _is(handler.handled, [7]))


async def test_an_event_that_never_succeeds_is_dead_lettered_with_its_reason_and_can_be_replayed(
    servers: Stack, connect: Connect
) -> None:
    handler = RecordingHandler([ValueError("no")] * 4)
    bus = await connect(handler)
    sent = entry(3)
    await bus.publish(sent)
    dead_letters = DeadLetterQueue(servers.amqp_admin_url, "probe")
    (letter,) = await eventually(dead_letters.list)
    assert (letter.message_id, letter.reason, letter.type) == (sent.id, "ValueError", BellRang.type)
    assert await dead_letters.replay([sent.id]) == 1
    await eventually(lambda: _is(handler.handled, [3]))
    assert await dead_letters.list() == []


async def test_an_unreadable_body_is_dead_lettered_at_once_and_its_neighbours_are_handled(
    servers: Stack, connect: Connect
) -> None:
    handler = RecordingHandler()
    bus = await connect(handler)
    await bus.publish(entry(0, body={"nonsense": True}))
    await bus.publish(entry(2))
    await eventually(lambda: _is(handler.handled, [2]))
    (letter,) = await eventually(DeadLetterQueue(servers.amqp_admin_url, "probe").list)
    assert letter.reason.startswith("unreadable")


async def test_an_event_that_can_be_neither_handled_nor_moved_is_dead_lettered_by_the_broker(
    servers: Stack, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = RecordingHandler([ValueError("no")] * 10)
    bus = await connect(handler)
    send = bus._send

    async def only_to_events(exchange: str, *rest: Any) -> None:
        if exchange != EVENTS_EXCHANGE:
            raise Unavailable()
        await send(exchange, *rest)

    monkeypatch.setattr(bus, "_send", only_to_events)
    sent = entry(5)
    await bus.publish(sent)
    (letter,) = await eventually(DeadLetterQueue(servers.amqp_admin_url, "probe").list)
    assert (letter.message_id, letter.reason, letter.queue) == (
        sent.id,
        "delivery_limit",
        "probe.on.probe.bell-rang.v1",
    )
    assert len(handler.failures) == 4, "it was delivered once, and five times again"


async def test_a_refusal_is_a_decision_so_the_event_is_done_with(servers: Stack, connect: Connect) -> None:
    handler = RecordingHandler([NotNow()])
    bus = await connect(handler)
    await bus.publish(entry(1))
    await bus.publish(entry(2))
    await eventually(lambda: _is(handler.handled, [2]))
    assert await DeadLetterQueue(servers.amqp_admin_url, "probe").list() == []


async def test_draining_finishes_what_is_in_hand_and_leaves_the_rest_to_others(connect: Connect) -> None:
    begun, go_on, finished = asyncio.Event(), asyncio.Event(), []

    async def slow(event: BellRang) -> None:
        begun.set()
        await go_on.wait()
        finished.append(event.times)

    bus = await connect(slow)
    await bus.publish(entry(1))
    await eventually(begun.wait, "the event is in hand")
    draining = asyncio.create_task(bus.drain(TIMEOUT_SECONDS))
    go_on.set()
    await draining
    assert finished == [1]
    await bus.publish(entry(2))
    await bus.close()
    handler = RecordingHandler()
    await connect(handler)
    await eventually(lambda: _is(handler.handled, [2]))


async def test_a_reader_has_caught_up_once_all_that_waited_at_its_start_is_handled(connect: Connect) -> None:
    """More waits than the broker hands out at once, and the last event is held for a while."""
    go_on, heard, last = asyncio.Event(), list[int](), 3 * PREFETCH

    async def slow(event: BellRang) -> None:
        if event.times == last:
            await go_on.wait()
        heard.append(event.times)

    bus = await connect(RecordingHandler())
    await bus.drain(TIMEOUT_SECONDS)
    for times in range(last + 1):
        await bus.publish(entry(times))
    reader = await connect(slow)
    catching_up = asyncio.create_task(reader.caught_up())
    await eventually(lambda: len(heard) == last)
    assert not catching_up.done()
    go_on.set()
    await asyncio.wait_for(catching_up, TIMEOUT_SECONDS)
    assert sorted(heard) == list(range(last + 1))


async def test_a_broker_that_has_stopped_does_not_answer_although_its_connections_are_open(
    servers: Stack, connect: Connect
) -> None:
    handler = RecordingHandler()
    bus = await connect(handler)
    assert await bus.answers()
    servers.kill("rabbit", signal.SIGSTOP)
    try:

        async def silent() -> bool:
            return not await bus.answers()

        await eventually(silent, "all threads of the broker stand still")
        assert bus.connected
    finally:
        servers.kill("rabbit", signal.SIGCONT)
    await eventually(bus.answers, "it answers again")
    await bus.publish(entry(1))
    await eventually(lambda: _is(handler.handled, [1]))


async def test_nothing_is_lost_when_the_broker_is_killed_under_the_relay(
    servers: Stack, connect: Connect, database: Database
) -> None:
    handler = RecordingHandler()
    bus = await connect(handler)
    bells = database.repository("bells", Bell)
    relay = Relay([bells], bus)
    running = asyncio.create_task(relay.run())
    await bells.add(Bell(id="a"))

    def ring(state: Bell, _now: datetime) -> tuple[Bell, list[Event]]:
        return state.evolve(times=state.times + 1), [BellRang(times=state.times + 1)]

    for times in range(60):
        await bells.update("a", ring)
        if times == 20:
            servers.kill("rabbit", signal.SIGKILL)
    await asyncio.to_thread(servers.restart, "rabbit")

    async def all_heard() -> bool:
        for id, _age in await bells.unpublished(older_than_seconds=0):
            relay._enqueue(bells, id)
        return set(handler.handled) == set(range(1, 61))

    await eventually(all_heard)
    first = list(dict.fromkeys(handler.handled))
    assert sorted(first) == list(range(1, 61))
    running.cancel()


async def _is(one: object, other: object) -> bool:
    assert one == other
    return True
