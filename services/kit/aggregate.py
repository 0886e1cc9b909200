"""The unit of change: one document with one version and the events of its changes."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict

from services.kit.events import Event


class Aggregate(BaseModel):
    """A state that is read whole, changed by a pure function, and written whole.

    `version` counts the writes; the store writes only over the version that was read.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    version: int = 0

    def evolve(self, **changes: Any) -> Self:
        """Return the state with these fields replaced."""
        return self.model_copy(update=changes)


State = TypeVar("State", bound=Aggregate)

Decision = tuple[State, Sequence[Event]]
"""The state after a change, and its events: both are written together, or neither is."""

Change = Callable[[State, datetime], Decision[State]]
"""A pure rule from the state and the database's time, in UTC, to a decision; it raises a refusal to change nothing."""
