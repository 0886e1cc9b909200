"""Events as they are stored in the outbox of an aggregate's document."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from services.kit import trace
from services.kit.clock import utc_now
from services.kit.events import Event


class OutboxEntry(NamedTuple):
    """An event in a document's outbox, not yet published."""

    id: str
    type: str
    body: dict[str, Any]
    traceparent: str
    at: datetime


def entries_for(events: Sequence[Event]) -> list[OutboxEntry]:
    """Return the entries for these events, each with a new id and the current trace."""
    at = utc_now()
    return [
        OutboxEntry(str(uuid.uuid4()), event.type, event.model_dump(mode="json"), trace.current(), at)
        for event in events
    ]
