"""Whether what is being handed out may still be: one query for all responses of a process (quota rule 7)."""

import asyncio
from collections.abc import Collection
from typing import Protocol

from services.download.domain.delivery import DeliveryKey
from services.kit.clock import monotonic_seconds
from services.kit.refusals import Unavailable

MAX_AGE_SECONDS = 0.05


class RevocationSource(Protocol):
    """The repository of deliveries."""

    async def closed(self, watched: Collection[DeliveryKey]) -> set[DeliveryKey]:
        """Return those of them to whom nothing may be handed out any more."""


class RevocationCache:
    """The last answer of the source, about all that was asked for lately; an older one is never used."""

    def __init__(self, source: RevocationSource) -> None:
        self._source = source
        self._asked: set[DeliveryKey] = set()
        self._asked_before: set[DeliveryKey] = set()
        self._known: set[DeliveryKey] = set()
        self._closed: set[DeliveryKey] = set()
        self._refreshed_at = 0.0
        self._refreshing = asyncio.Lock()

    async def is_open(self, key: DeliveryKey) -> bool:
        """Return whether it is open, as of `MAX_AGE_SECONDS` ago at most; while the source is away, as last known."""
        self._asked.add(key)
        if not self._knows(key):
            async with self._refreshing:
                if not self._knows(key):
                    await self._refresh()
        return key not in self._closed

    def _knows(self, key: DeliveryKey) -> bool:
        return key in self._known and not self._is_stale()

    def _is_stale(self) -> bool:
        return monotonic_seconds() - self._refreshed_at >= MAX_AGE_SECONDS

    async def _refresh(self) -> None:
        """Ask about all that was asked for since the refresh before the last one, because it will be again."""
        if self._is_stale():
            self._asked, self._asked_before = set(), self._asked
        watched, began = self._asked | self._asked_before, monotonic_seconds()
        try:
            self._closed = await self._source.closed(watched)
        except Unavailable:  # the lease bounds how long this can last
            self._closed, began = self._closed & watched, monotonic_seconds()
        self._known, self._refreshed_at = watched, began
