"""A repository in memory, for rules that need a store but no socket; passes tests/integration/test_mongo.py."""

from collections.abc import Sequence
from datetime import datetime
from typing import Generic

from services.kit.aggregate import Change, State
from services.kit.events import Event
from services.kit.refusals import NotFound


class FakeRepository(Generic[State]):
    """The interface of `services.kit.mongo.Repository`; the test sets `now`, `events` holds the published events."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.events: list[Event] = []
        self._states: dict[str, State] = {}

    async def add(self, state: State, events: Sequence[Event] = ()) -> bool:
        """Insert; return False when the id exists."""
        if state.id in self._states:
            return False
        self._states[state.id] = state.evolve(version=1)
        self.events += events
        return True

    async def update(self, id: str, change: Change[State]) -> State:
        """Apply a change and return the new state."""
        state, now = await self.read(id)
        after, events = change(state, now)
        if after != state or events:
            self._states[id] = after.evolve(version=state.version + 1)
            self.events += events
        return self._states[id]

    async def read(self, id: str) -> tuple[State, datetime]:
        """Return the state and the time."""
        if id not in self._states:
            raise NotFound()
        return self._states[id], self.now

    async def get(self, id: str) -> State:
        """Return the state."""
        return (await self.read(id))[0]
