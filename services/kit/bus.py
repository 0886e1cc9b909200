"""How do facts travel? The one door to RabbitMQ: confirmed publications, a retry ladder, a dead queue (R47-R51)."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import aio_pika
from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractIncomingMessage, AbstractRobustConnection
from pamqp.common import FieldTable
from pydantic import ValidationError

from services.kit import metrics, trace
from services.kit.announced import Announced
from services.kit.backlog import Backlog
from services.kit.clock import utc_now
from services.kit.events import Fact, queue_of
from services.kit.logs import logger
from services.kit.refusals import Refusal, Unavailable

EVENTS = "events"
DEAD = "dead"
LADDER: dict[str, float] = {"5s": 5, "60s": 60, "600s": 600}
PUBLISH_SECONDS = 5.0
PREFETCH = 16
RECONNECT_SECONDS = 1.0

Handler = Callable[[Any], Awaitable[None]]


class Bus:
    """One service's two connections to the broker: one to publish, one to consume, so neither can stall the other."""

    def __init__(self, url: str, service: str) -> None:
        self._url = url
        self._service = service
        self._publishing: AbstractRobustConnection | None = None
        self._consuming: AbstractRobustConnection | None = None
        self._channel: Any = None
        self._exchanges: dict[str, Any] = {}
        self._consumers: list[tuple[Any, str]] = []
        self._backlog = Backlog()

    @property
    def connected(self) -> bool:
        """Both connections stand and every queue is being read."""
        standing = [connection is not None and connection.connected.is_set() for connection in self._connections]
        return all(standing) and bool(self._exchanges)

    @property
    def _connections(self) -> list[AbstractRobustConnection | None]:
        return [self._publishing, self._consuming]

    async def connect(self, handlers: dict[type[Fact], Handler]) -> None:
        """Connect and read the queues of `handlers`; raises when the broker or the topology is not there yet."""
        await self.close()
        address = f"{self._url}{'&' if '?' in self._url else '?'}heartbeat=10&reconnect_interval={RECONNECT_SECONDS:g}"
        properties: FieldTable = {"connection_name": self._service}
        self._publishing = await aio_pika.connect_robust(address, timeout=5, client_properties=properties)
        self._consuming = await aio_pika.connect_robust(address, timeout=5, client_properties=properties)
        self._channel = await self._publishing.channel(publisher_confirms=True, on_return_raises=True)
        names = [EVENTS, DEAD, *(f"retry.{step}" for step in LADDER)]
        exchanges = {name: await self._channel.get_exchange(name, ensure=False) for name in names}
        for fact, handler in handlers.items():
            await self._consume(self._consuming, fact, handler)
        self._exchanges = exchanges
        self._backlog.read(queue for queue, _ in self._consumers)

    async def publish(self, entry: Announced) -> None:
        """Persistent, mandatory, confirmed within five seconds; any exception means that the outcome is unknown."""
        message = Message(
            json.dumps(entry.body).encode(),
            message_id=entry.id,
            type=entry.type,
            app_id=self._service,
            timestamp=entry.at,
            content_type="application/json",
            delivery_mode=DeliveryMode.PERSISTENT,
            headers={"traceparent": entry.traceparent},
        )
        try:
            await self._send(EVENTS, entry.type, message)
        except BaseException:
            metrics.publish_failures.labels(entry.type).inc()
            raise
        metrics.published.labels(entry.type).inc()

    async def caught_up(self) -> None:
        """Return once the facts that waited in the queues are handled; raises while the broker cannot be asked."""
        await self._backlog.caught_up()

    async def drain(self, grace_seconds: float) -> None:
        """Stop taking facts, finish those in hand, and let the broker hand the others to somebody else (R62)."""
        for queue, tag in self._consumers:
            try:
                await asyncio.wait_for(queue.cancel(tag), timeout=2)
            except Exception:
                logger().info("a consumer was gone before it was cancelled")
        self._consumers = []
        await self._backlog.handled(grace_seconds)

    async def close(self) -> None:
        """Close both connections; what was not acknowledged comes again."""
        self._exchanges = {}
        self._consumers = []
        for connection in self._connections:
            if connection is not None:
                await connection.close()
        self._publishing = self._consuming = None

    async def _send(self, exchange: str, routing_key: str, message: Message) -> None:
        if exchange not in self._exchanges:
            raise Unavailable()
        # The library can hang while it reconnects, whatever timeout it is given.
        async with asyncio.timeout(PUBLISH_SECONDS + 1):
            await self._exchanges[exchange].publish(message, routing_key, mandatory=True, timeout=PUBLISH_SECONDS)

    async def _consume(self, consuming: AbstractRobustConnection, fact: type[Fact], handler: Handler) -> None:
        channel = await consuming.channel()
        await channel.set_qos(prefetch_count=PREFETCH)
        queue = await channel.get_queue(queue_of(self._service, fact), ensure=True)

        async def receive(message: AbstractIncomingMessage) -> None:
            self._backlog.take(self._handle(queue.name, fact, handler, message))

        self._consumers.append((queue, await queue.consume(receive)))

    async def _handle(self, queue: str, fact: type[Fact], handler: Handler, message: AbstractIncomingMessage) -> None:
        trace.enter(str(message.headers.get("traceparent") or ""))
        try:
            outcome = await self._outcome(queue, fact, handler, message)
            await message.ack()
        except Exception:
            # Neither handled nor moved: unacknowledged, it comes again, and the broker counts the deliveries.
            outcome = "returned"
            logger().error("a fact could be neither handled nor moved", type=fact.type, exc_info=True)
            await _give_back(message)
        metrics.handled.labels(fact.type, outcome).inc()

    async def _outcome(self, queue: str, fact: type[Fact], handler: Handler, message: AbstractIncomingMessage) -> str:
        """Handle, or move with the reason; a refusal is a decision, so the fact is done with."""
        try:
            parsed = fact.model_validate_json(message.body)
        except ValidationError as error:
            await self._bury(queue, message, f"unreadable: {error.error_count()} errors")
            return "unreadable"
        try:
            with metrics.handling.labels(fact.type).time():
                await handler(parsed)
        except Unavailable as outage:
            return await self._retry(queue, message, type(outage.__cause__ or outage).__name__)
        except Refusal as refusal:
            metrics.refusals.labels(refusal.slug()).inc()
            logger().info("a fact was refused", type=fact.type, problem=refusal.slug())
            return "refused"
        except Exception as error:
            logger().error("a handler failed", type=fact.type, message_id=message.message_id, exc_info=True)
            return await self._retry(queue, message, type(error).__name__)
        return "done"

    async def _retry(self, queue: str, message: AbstractIncomingMessage, reason: str) -> str:
        attempt = int(str(message.headers.get("x-attempt", 0)))
        steps = list(LADDER)
        if attempt >= len(steps):
            await self._bury(queue, message, reason)
            return "dead"
        headers = {"x-attempt": attempt + 1, "x-reason": reason}
        await self._send(f"retry.{steps[attempt]}", queue, _copy(message, headers))
        return "retried"

    async def _bury(self, queue: str, message: AbstractIncomingMessage, reason: str) -> None:
        logger().error("a fact is dead", queue=queue, reason=reason, message_id=message.message_id)
        headers = {"x-reason": reason, "x-queue": queue, "x-died-at": utc_now().isoformat()}
        await self._send(DEAD, queue, _copy(message, headers))


def _copy(message: AbstractIncomingMessage, headers: dict[str, Any]) -> Message:
    """The same message, with its id, and what happened to it."""
    return Message(
        message.body,
        message_id=message.message_id,
        type=message.type,
        app_id=message.app_id,
        timestamp=message.timestamp,
        content_type=message.content_type,
        delivery_mode=DeliveryMode.PERSISTENT,
        headers={key: value for key, value in {**message.headers, **headers}.items() if not key.startswith("x-death")},
    )


async def _give_back(message: AbstractIncomingMessage) -> None:
    try:
        # A reject and not a nack: since RabbitMQ 4.3 a nack does not count towards the queue's delivery limit.
        await message.reject(requeue=True)
    except Exception:
        logger().info("the channel was closed; the broker keeps the message")


async def declare(url: str, facts: Sequence[type[Fact]]) -> None:
    """Declare exchanges, queues and bindings for every reader of `facts`; needs the right to configure."""
    connection = await aio_pika.connect(url, timeout=10)
    async with connection:
        channel = await connection.channel()
        for exchange in (EVENTS, DEAD, *(f"retry.{step}" for step in LADDER)):
            await channel.declare_exchange(exchange, aio_pika.ExchangeType.TOPIC, durable=True)
        for reader in sorted({reader for fact in facts for reader in fact.readers}):
            await _declare_ladder(channel, reader)
        for fact in facts:
            for name in fact.queues():
                queue = await channel.declare_queue(name, durable=True, arguments=_arguments(name))
                await queue.bind(EVENTS, routing_key=fact.type)


def _arguments(queue: str) -> dict[str, Any]:
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": 5,
        "x-dead-letter-exchange": DEAD,
        "x-dead-letter-routing-key": queue,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        "x-max-length": 100_000,
    }


async def _declare_ladder(channel: Any, reader: str) -> None:
    """A waiting queue per step, whose messages go back to the queue they came from, and the dead queue."""
    for step, seconds in LADDER.items():
        arguments = {
            "x-queue-type": "quorum",
            "x-message-ttl": int(seconds * 1000),
            "x-dead-letter-exchange": "",
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        }
        waiting = await channel.declare_queue(f"{reader}.retry.{step}", durable=True, arguments=arguments)
        await waiting.bind(f"retry.{step}", routing_key=f"{reader}.#")
    dead = await channel.declare_queue(f"{reader}.dead", durable=True, arguments={"x-queue-type": "quorum"})
    await dead.bind(DEAD, routing_key=f"{reader}.#")
