"""Baselines: what the broker, the database and the store reach alone, in the same run at the same concurrency."""

import asyncio
import hashlib
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import aio_pika
from pymongo import MongoClient

from bench.http_connection import HttpConnection
from bench.request_rate import rate
from bench.rows import TableRow
from bench.stage import Stage
from devstack.stack import Stack
from services.kit.objects import ObjectStore

SECONDS = 4.0
SMALL = b"x" * 1000


def measure(stage: Stage, concurrency: int) -> tuple[list[TableRow], dict[str, float]]:
    """Measure confirmed publishes, majority writes and small PUTs, each per second."""
    found = {
        "publishes": asyncio.run(_publishes(stage.stack, concurrency)),
        "writes": _writes(stage.stack, concurrency),
        "puts": _puts(stage.stack, concurrency),
    }
    words = {
        "publishes": "confirmed publishes to a quorum queue",
        "writes": "majority writes, journalled",
        "puts": "objects of 1 kB put into the store",
    }
    return [TableRow(f"{words[name]}, {concurrency} at once", f"{found[name]:.0f} /s") for name in found], found


async def _publishes(stack: Stack, concurrency: int) -> float:
    connection = await aio_pika.connect(stack.amqp_admin_url)
    channel = await connection.channel(publisher_confirms=True)
    queue = await channel.declare_queue(f"bench.{uuid.uuid4().hex}", durable=True, arguments={"x-queue-type": "quorum"})
    message = aio_pika.Message(SMALL, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)

    async def publish() -> None:
        await channel.default_exchange.publish(message, routing_key=queue.name)

    found = await _async_rate(publish, concurrency)
    await queue.delete(if_unused=False, if_empty=False)
    await connection.close()
    return found


async def _async_rate(once: Callable[[], Awaitable[None]], concurrency: int) -> float:
    done = 0
    deadline = time.monotonic() + SECONDS

    async def repeat() -> None:
        nonlocal done
        while time.monotonic() < deadline:
            await once()
            done += 1

    began = time.monotonic()
    await asyncio.gather(*(repeat() for _ in range(concurrency)))
    return done / (time.monotonic() - began)


def _writes(stack: Stack, concurrency: int) -> float:
    client: MongoClient[dict[str, Any]] = MongoClient(stack.mongo_admin_url, w="majority", journal=True)
    with client:

        def write() -> object:
            return client["bench"]["writes"].insert_one({"payload": SMALL})

        found = rate(lambda _: write, concurrency, SECONDS)
        client.drop_database("bench")
    return found


def _puts(stack: Stack, concurrency: int) -> float:
    store = ObjectStore(stack.s3_endpoint, stack.s3_region, stack.s3_bucket, stack.s3_access_key, stack.s3_secret_key)
    digest = hashlib.sha256(SMALL).hexdigest()

    def worker(_: int) -> Callable[[], object]:
        connection = HttpConnection(stack.s3_endpoint)

        def put() -> None:
            signed = store.sign_put(f"bench/{uuid.uuid4().hex}", digest, datetime.now(UTC))
            headers = {
                "Host": signed.host,
                "Authorization": signed.authorization,
                "X-Amz-Date": signed.date,
                "X-Amz-Content-Sha256": signed.sha256,
            }
            connection.put(signed.path, SMALL, headers)

        return put

    return rate(worker, concurrency, SECONDS)
