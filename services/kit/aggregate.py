"""What is the unit of change? One document, one version, and the events its changes announce."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict

from services.kit.events import Event


class Aggregate(BaseModel):
    """A state that is read whole, decided upon by a pure function, and written whole.

    `version` counts the writes; the store writes only over the version that was read.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    version: int = 0

    def evolve(self, **changes: Any) -> Self:
        """The same state with these fields replaced."""
        return self.model_copy(update=changes)


State = TypeVar("State", bound=Aggregate)

Decision = tuple[State, Sequence[Event]]
"""The state after a change, and what the change announces: both land in one write, or neither."""

Change = Callable[[State, datetime], Decision[State]]
"""A pure rule: the state and the database's time, in UTC, to a decision; raises a refusal to change nothing."""
