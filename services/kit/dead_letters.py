"""List and republish dead letters: `python -m services.kit.dead_letters list|show|replay SERVICE [ID…]`."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

from services.kit.bus import DEAD_EXCHANGE

KEPT_HEADERS = ("traceparent",)


class DeadLetter(NamedTuple):
    """An event that could not be handled; its body may contain addresses and is shown on request only."""

    message_id: str
    type: str
    queue: str
    reason: str
    dead_lettered_at: str
    body: bytes


class DeadLetterQueue:
    """The dead letter queue of one service; letters stay in it until they are replayed."""

    def __init__(self, url: str, service: str) -> None:
        self._url = url
        self._queue = f"{service}.{DEAD_EXCHANGE}"

    async def list(self) -> list[DeadLetter]:
        """Return all dead letters, oldest first."""
        found: list[DeadLetter] = []

        def collect(letter: DeadLetter) -> bool:
            found.append(letter)
            return False

        await self._walk(collect)
        return found

    async def replay(self, ids: Sequence[str] | None = None) -> int:
        """Publish these letters, or all without `ids`, to their original queues; return their number."""
        return await self._walk(lambda letter: ids is None or letter.message_id in ids)

    async def _walk(self, take: Callable[[DeadLetter], bool]) -> int:
        """Look at each letter once; republish those for which `take` is true, and leave the others."""
        connection = await aio_pika.connect(self._url, timeout=10)
        taken = 0
        async with connection:
            channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
            queue = await channel.get_queue(self._queue)
            left: list[AbstractIncomingMessage] = []
            while (message := await queue.get(fail=False)) is not None:
                letter = _dead_letter(message)
                if take(letter):
                    await channel.default_exchange.publish(
                        _republishable(message), letter.queue, mandatory=True, timeout=5
                    )
                    await message.ack()
                    taken += 1
                else:
                    left.append(message)
            for message in left:
                await message.nack(requeue=True)
        return taken


def _dead_letter(message: AbstractIncomingMessage) -> DeadLetter:
    """Return the letter; one that the broker moved after too many deliveries has the broker's headers only."""
    headers = message.headers
    queue = str(headers.get("x-queue") or headers.get("x-first-death-queue") or message.routing_key)
    reason = str(headers.get("x-reason") or headers.get("x-first-death-reason") or "unknown")
    dead_lettered_at = str(headers.get("x-dead-lettered-at") or message.timestamp or "")
    return DeadLetter(message.message_id or "", message.type or "", queue, reason, dead_lettered_at, message.body)


def _republishable(message: AbstractIncomingMessage) -> aio_pika.Message:
    return aio_pika.Message(
        message.body,
        message_id=message.message_id,
        type=message.type,
        app_id=message.app_id,
        timestamp=message.timestamp,
        content_type=message.content_type,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        headers={name: message.headers[name] for name in KEPT_HEADERS if name in message.headers},
    )


async def main(arguments: Sequence[str]) -> int:
    """List, show or replay the dead letters of a service."""
    parser = argparse.ArgumentParser(prog="python -m services.kit.dead_letters", description=__doc__)
    parser.add_argument("command", choices=["list", "show", "replay"])
    parser.add_argument("service")
    parser.add_argument("ids", nargs="*", help="message ids; none means all")
    asked: Any = parser.parse_args(arguments)
    url = os.environ.get("AMQP_ADMIN_URL") or (Path(os.environ["SECRETS_DIR"]) / "amqp_url").read_text().strip()
    dead_letters = DeadLetterQueue(url, asked.service)
    if asked.command == "replay":
        sys.stdout.write(f"{await dead_letters.replay(asked.ids or None)} replayed\n")
        return 0
    for letter in await dead_letters.list():
        if not asked.ids or letter.message_id in asked.ids:
            line: dict[str, Any] = {**letter._asdict()}
            body = line.pop("body")
            sys.stdout.write(
                json.dumps({**line, "body": body.decode(errors="replace")} if asked.command == "show" else line)
            )
            sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main(sys.argv[1:])))
