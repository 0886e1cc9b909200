"""Have the facts that waited in the queues been handled? So it is once each queue was seen empty."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any


class Backlog:
    """The queues that a service reads, and the facts that it has in hand."""

    def __init__(self) -> None:
        self._queues: list[Any] = []
        self._in_hand: set[asyncio.Task[None]] = set()
        self._known = asyncio.Event()
        self._handled = asyncio.Event()

    def read(self, queues: Iterable[Any]) -> None:
        """Remember which queues are read from now on, by their passive declarations."""
        self._queues = list(queues)
        self._known.set()

    def take(self, handling: Coroutine[Any, Any, None]) -> None:
        """Handle a fact beside the others."""
        task = asyncio.ensure_future(handling)
        self._in_hand.add(task)
        task.add_done_callback(self._done)

    async def caught_up(self) -> None:
        """Return once every queue was seen empty and what came of it is handled; raises what the broker answers."""
        await self._known.wait()
        for queue in 2 * self._queues:  # what the broker had sent at the first look has come at the second
            while await self._holds_more(queue):
                await self._handled.wait()
        await self.handled()

    async def handled(self, within_seconds: float | None = None) -> None:
        """Return when the facts in hand are handled, or so many seconds have passed."""
        if self._in_hand:
            await asyncio.wait(self._in_hand, timeout=within_seconds)

    async def _holds_more(self, queue: Any) -> bool:
        self._handled.clear()
        return bool((await queue.declare()).message_count)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._in_hand.discard(task)
        self._handled.set()
