"""Waits until the events that were in the queues at the start are handled: each queue was seen empty."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any


class Backlog:
    """The queues that a service consumes, and the events that it is handling."""

    def __init__(self) -> None:
        self._queues: list[Any] = []
        self._in_hand: set[asyncio.Task[None]] = set()
        self._known = asyncio.Event()
        self._handled = asyncio.Event()

    def watch(self, queues: Iterable[Any]) -> None:
        """Remember which queues are consumed from now on; they are declared passively."""
        self._queues = list(queues)
        self._known.set()

    def take(self, handling: Coroutine[Any, Any, None]) -> None:
        """Handle an event concurrently with others."""
        task = asyncio.ensure_future(handling)
        self._in_hand.add(task)
        task.add_done_callback(self._done)

    async def caught_up(self) -> None:
        """Return once every queue was seen empty and its events are handled; raise what the broker answers."""
        await self._known.wait()
        for queue in 2 * self._queues:  # what the broker had sent at the first look has come at the second
            while await self._holds_more(queue):
                await self._handled.wait()
        await self.handled()

    async def handled(self, within_seconds: float | None = None) -> None:
        """Return when the events in hand are handled, or after so many seconds."""
        if self._in_hand:
            await asyncio.wait(self._in_hand, timeout=within_seconds)

    async def _holds_more(self, queue: Any) -> bool:
        self._handled.clear()
        return bool((await queue.declare()).message_count)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._in_hand.discard(task)
        self._handled.set()
