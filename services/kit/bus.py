"""Publish and consume events on RabbitMQ: publisher confirms, delayed retries, a dead letter queue (R47-R51)."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Self

import aio_pika
from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractIncomingMessage, AbstractRobustConnection
from pamqp.common import FieldTable
from pydantic import ValidationError

from services.kit import metrics, trace
from services.kit.backlog import Backlog
from services.kit.clock import utc_now
from services.kit.events import Event, queue_name
from services.kit.logs import logger
from services.kit.outbox_entry import OutboxEntry
from services.kit.refusals import Refusal, Unavailable
from services.kit.settings import ServiceSettings

EVENTS_EXCHANGE = "events"
DEAD_EXCHANGE = "dead"
RETRY_DELAYS: dict[str, float] = {"5s": 5, "60s": 60, "600s": 600}
PUBLISH_TIMEOUT_SECONDS = 5.0
PREFETCH = 16
RECONNECT_SECONDS = 1.0
ANSWER_SECONDS = 4.0

Handler = Callable[[Any], Awaitable[None]]


class Bus:
    """A service's two connections to the broker: one publishes, one consumes, so that neither can block the other."""

    def __init__(self, url: str, service: str) -> None:
        self._url = url
        self._service = service
        self._publishing: AbstractRobustConnection | None = None
        self._consuming: AbstractRobustConnection | None = None
        self._channel: Any = None
        self._exchanges: dict[str, Any] = {}
        self._consumers: list[tuple[Any, str]] = []
        self._backlog = Backlog()
        self._in_use = asyncio.Event()
        self._question: asyncio.Task[bool] | None = None

    @classmethod
    def open(cls, settings: ServiceSettings, service: str) -> Self:
        """Return the bus of a service, not yet connected."""
        return cls(settings.amqp_url.get_secret_value(), service)

    @property
    def connected(self) -> bool:
        """True while both connections are open and every queue has its consumer."""
        connected = [connection is not None and connection.connected.is_set() for connection in self._connections]
        return all(connected) and bool(self._exchanges)

    @property
    def _connections(self) -> list[AbstractRobustConnection | None]:
        return [self._publishing, self._consuming]

    async def connect(self, handlers: dict[type[Event], Handler]) -> None:
        """Connect and consume the queues of `handlers`; raises while the broker or the topology does not exist yet."""
        try:
            await self._connect(handlers)
        finally:
            self._in_use.set()

    async def _connect(self, handlers: dict[type[Event], Handler]) -> None:
        await self.close()
        address = f"{self._url}{'&' if '?' in self._url else '?'}heartbeat=10&reconnect_interval={RECONNECT_SECONDS:g}"
        properties: FieldTable = {"connection_name": self._service}
        self._publishing = await aio_pika.connect_robust(address, timeout=5, client_properties=properties)
        self._consuming = await aio_pika.connect_robust(address, timeout=5, client_properties=properties)
        self._channel = await self._publishing.channel(publisher_confirms=True, on_return_raises=True)
        names = [EVENTS_EXCHANGE, DEAD_EXCHANGE, *(f"retry.{step}" for step in RETRY_DELAYS)]
        exchanges = {name: await self._channel.get_exchange(name, ensure=False) for name in names}
        for event_type, handler in handlers.items():
            await self._consume(self._consuming, event_type, handler)
        self._exchanges = exchanges
        self._backlog.watch(queue for queue, _ in self._consumers)

    async def publish(self, entry: OutboxEntry) -> None:
        """Publish, persistent and mandatory, and wait for the confirm; after an exception the outcome is unknown."""
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
            await self._send(EVENTS_EXCHANGE, entry.type, message)
        except BaseException:
            metrics.publish_failures.labels(entry.type).inc()
            raise
        metrics.published.labels(entry.type).inc()

    async def answers(self) -> bool:
        """Return whether the broker answers within a few seconds; called before `connect` or in `drain`, it waits.

        A connection stays open for half a minute although the broker at its other end has stopped.
        """
        await self._in_use.wait()
        if self._question is None or self._question.done():
            self._question = asyncio.create_task(self._ask())
        # A question that is cancelled would close its channel: it stays, and the next call waits for it again.
        await asyncio.wait([self._question], timeout=ANSWER_SECONDS)
        return self._question.done() and not self._question.cancelled() and self._question.result()

    async def _ask(self) -> bool:
        if not self.connected or not self._consumers:
            return False
        queue, _ = self._consumers[0]
        try:
            await queue.declare()  # passively
        except Exception:
            return False
        return True

    async def caught_up(self) -> None:
        """Return once the events that waited in the queues are handled; raises while the broker cannot be asked."""
        await self._backlog.caught_up()

    async def drain(self, grace_seconds: float) -> None:
        """Stop consuming and finish the running handlers; the broker redelivers the other events (R62)."""
        self._in_use.clear()
        for queue, tag in self._consumers:
            try:
                await asyncio.wait_for(queue.cancel(tag), timeout=2)
            except Exception:
                logger().info("a consumer was gone before it was cancelled")
        self._consumers = []
        await self._backlog.handled(grace_seconds)

    async def close(self) -> None:
        """Close both connections; the broker redelivers unacknowledged events."""
        self._exchanges = {}
        self._consumers = []
        for connection in self._connections:
            if connection is not None:
                await connection.close()
        self._publishing = self._consuming = None

    async def _send(self, exchange: str, routing_key: str, message: Message) -> None:
        if exchange not in self._exchanges:
            raise Unavailable()
        # The library can hang while it reconnects, whatever its timeout.
        async with asyncio.timeout(PUBLISH_TIMEOUT_SECONDS + 1):
            await self._exchanges[exchange].publish(
                message, routing_key, mandatory=True, timeout=PUBLISH_TIMEOUT_SECONDS
            )

    async def _consume(self, consuming: AbstractRobustConnection, event_type: type[Event], handler: Handler) -> None:
        channel = await consuming.channel()
        await channel.set_qos(prefetch_count=PREFETCH)
        queue = await channel.get_queue(queue_name(self._service, event_type), ensure=True)

        async def receive(message: AbstractIncomingMessage) -> None:
            self._backlog.take(self._handle(queue.name, event_type, handler, message))

        self._consumers.append((queue, await queue.consume(receive)))

    async def _handle(
        self, queue: str, event_type: type[Event], handler: Handler, message: AbstractIncomingMessage
    ) -> None:
        trace.enter(str(message.headers.get("traceparent") or ""))
        try:
            outcome = await self._process(queue, event_type, handler, message)
            await message.ack()
        except Exception:
            # It was neither handled nor moved: the broker redelivers it and counts the deliveries.
            outcome = "returned"
            logger().error("an event could be neither handled nor moved", type=event_type.type, exc_info=True)
            await _requeue(message)
        metrics.handled.labels(event_type.type, outcome).inc()

    async def _process(
        self, queue: str, event_type: type[Event], handler: Handler, message: AbstractIncomingMessage
    ) -> str:
        """Handle the event, or move it with a reason; return the outcome. After a refusal it is handled."""
        try:
            parsed = event_type.model_validate_json(message.body)
        except ValidationError as error:
            await self._dead_letter(queue, message, f"unreadable: {error.error_count()} errors")
            return "unreadable"
        try:
            with metrics.handling.labels(event_type.type).time():
                await handler(parsed)
        except Unavailable as outage:
            return await self._retry(queue, message, type(outage.__cause__ or outage).__name__)
        except Refusal as refusal:
            metrics.refusals.labels(refusal.slug()).inc()
            logger().info("an event was refused", type=event_type.type, problem=refusal.slug())
            return "refused"
        except Exception as error:
            logger().error("a handler failed", type=event_type.type, message_id=message.message_id, exc_info=True)
            return await self._retry(queue, message, type(error).__name__)
        return "done"

    async def _retry(self, queue: str, message: AbstractIncomingMessage, reason: str) -> str:
        attempt = int(str(message.headers.get("x-attempt", 0)))
        steps = list(RETRY_DELAYS)
        if attempt >= len(steps):
            await self._dead_letter(queue, message, reason)
            return "dead"
        headers = {"x-attempt": attempt + 1, "x-reason": reason}
        await self._send(f"retry.{steps[attempt]}", queue, _with_headers(message, headers))
        return "retried"

    async def _dead_letter(self, queue: str, message: AbstractIncomingMessage, reason: str) -> None:
        logger().error("an event was dead-lettered", queue=queue, reason=reason, message_id=message.message_id)
        headers = {"x-reason": reason, "x-queue": queue, "x-dead-lettered-at": utc_now().isoformat()}
        await self._send(DEAD_EXCHANGE, queue, _with_headers(message, headers))


def _with_headers(message: AbstractIncomingMessage, headers: dict[str, Any]) -> Message:
    """Return a copy with the same id and additional headers."""
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


async def _requeue(message: AbstractIncomingMessage) -> None:
    try:
        # Reject, not nack: since RabbitMQ 4.3 a nack does not count towards the queue's delivery limit.
        await message.reject(requeue=True)
    except Exception:
        logger().info("the channel was closed; the broker keeps the message")


async def declare(url: str, event_types: Sequence[type[Event]]) -> None:
    """Declare exchanges, queues and bindings for all subscribers of these events; needs permission to configure."""
    connection = await aio_pika.connect(url, timeout=10)
    async with connection:
        channel = await connection.channel()
        for exchange in (EVENTS_EXCHANGE, DEAD_EXCHANGE, *(f"retry.{step}" for step in RETRY_DELAYS)):
            await channel.declare_exchange(exchange, aio_pika.ExchangeType.TOPIC, durable=True)
        for subscriber in sorted({name for event_type in event_types for name in event_type.subscribers}):
            await _declare_retry_queues(channel, subscriber)
        for event_type in event_types:
            for name in event_type.queues():
                queue = await channel.declare_queue(name, durable=True, arguments=_queue_arguments(name))
                await queue.bind(EVENTS_EXCHANGE, routing_key=event_type.type)


def _queue_arguments(queue: str) -> dict[str, Any]:
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": 5,
        "x-dead-letter-exchange": DEAD_EXCHANGE,
        "x-dead-letter-routing-key": queue,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        "x-max-length": 100_000,
    }


async def _declare_retry_queues(channel: Any, subscriber: str) -> None:
    """Declare one delay queue per retry, whose messages return to their original queue, and the dead letter queue."""
    for step, seconds in RETRY_DELAYS.items():
        arguments = {
            "x-queue-type": "quorum",
            "x-message-ttl": int(seconds * 1000),
            "x-dead-letter-exchange": "",
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        }
        delay = await channel.declare_queue(f"{subscriber}.retry.{step}", durable=True, arguments=arguments)
        await delay.bind(f"retry.{step}", routing_key=f"{subscriber}.#")
    dead = await channel.declare_queue(f"{subscriber}.dead", durable=True, arguments={"x-queue-type": "quorum"})
    await dead.bind(DEAD_EXCHANGE, routing_key=f"{subscriber}.#")
