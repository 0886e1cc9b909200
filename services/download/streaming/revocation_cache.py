"""May what is being handed out still be handed out? One look for all responses of a process (quota rule 7)."""

import asyncio
from collections.abc import Collection
from typing import Protocol

from services.download.domain.delivery import DeliveryKey
from services.kit.clock import monotonic_seconds
from services.kit.refusals import Unavailable

LOOK_SECONDS = 0.05


class RevocationSource(Protocol):
    """Who knows which transfers are closed, and to whom."""

    async def closed(self, transfers: Collection[DeliveryKey]) -> set[DeliveryKey]:
        """Those of them to whom nothing may be handed out any more."""


class RevocationCache:
    """What the last look found, over what was asked about; nobody is told what is older than that."""

    def __init__(self, judge: RevocationSource) -> None:
        self._judge = judge
        self._asked: set[DeliveryKey] = set()
        self._asked_before: set[DeliveryKey] = set()
        self._known: set[DeliveryKey] = set()
        self._closed: set[DeliveryKey] = set()
        self._looked_at = 0.0
        self._one_at_a_time = asyncio.Lock()

    async def is_open(self, handed: DeliveryKey) -> bool:
        """False from `LOOK_SECONDS` after it was closed, at the latest; true while nobody can be asked."""
        self._asked.add(handed)
        if not self._knows(handed):
            async with self._one_at_a_time:
                if not self._knows(handed):
                    await self._look()
        return handed not in self._closed

    def _knows(self, handed: DeliveryKey) -> bool:
        return handed in self._known and not self._is_stale()

    def _is_stale(self) -> bool:
        return monotonic_seconds() - self._looked_at >= LOOK_SECONDS

    async def _look(self) -> None:
        """Over all that were asked about since the look before the last one, since they will be again."""
        if self._is_stale():
            self._asked, self._asked_before = set(), self._asked
        watched, began = self._asked | self._asked_before, monotonic_seconds()
        try:
            self._closed = await self._judge.closed(watched)
        except Unavailable:  # the lease bounds how long this can last
            self._closed, began = self._closed & watched, monotonic_seconds()
        self._known, self._looked_at = watched, began
