"""Aggregates in memory, for rules that need a store but no socket; passes tests/integration/test_mongo.py."""

from collections.abc import Sequence
from datetime import datetime
from typing import Generic

from services.kit.aggregate import Change, State
from services.kit.events import Event
from services.kit.refusals import NotFound


class FakeRepository(Generic[State]):
    """The same words as `services.kit.mongo.Repository`; `now` is set by the test, `events` is what was announced."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.events: list[Event] = []
        self._states: dict[str, State] = {}

    async def add(self, state: State, events: Sequence[Event] = ()) -> bool:
        """Insert; false when the id is there."""
        if state.id in self._states:
            return False
        self._states[state.id] = state.evolve(version=1)
        self.events += events
        return True

    async def update(self, id: str, change: Change[State]) -> State:
        """Apply a rule."""
        state, now = await self.read(id)
        after, events = change(state, now)
        if after != state or events:
            self._states[id] = after.evolve(version=state.version + 1)
            self.events += events
        return self._states[id]

    async def read(self, id: str) -> tuple[State, datetime]:
        """The state and the time."""
        if id not in self._states:
            raise NotFound()
        return self._states[id], self.now

    async def get(self, id: str) -> State:
        """The state."""
        return (await self.read(id))[0]
