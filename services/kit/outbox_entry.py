"""What waits to be published? Events as they rest in the outbox of the document that they are about."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from services.kit import trace
from services.kit.clock import utc_now
from services.kit.events import Event


class OutboxEntry(NamedTuple):
    """An event that waits in a document's outbox."""

    id: str
    type: str
    body: dict[str, Any]
    traceparent: str
    at: datetime


def entries_for(events: Sequence[Event]) -> list[OutboxEntry]:
    """These events, each with an id of its own, as part of the work at hand."""
    at = utc_now()
    return [
        OutboxEntry(str(uuid.uuid4()), event.type, event.model_dump(mode="json"), trace.current(), at)
        for event in events
    ]
