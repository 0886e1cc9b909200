"""What waits to be published? Facts as they rest in the outbox of the document that they are about."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from services.kit import trace
from services.kit.clock import utc_now
from services.kit.events import Fact


class Announced(NamedTuple):
    """A fact that waits in a document's outbox."""

    id: str
    type: str
    body: dict[str, Any]
    traceparent: str
    at: datetime


def announced(facts: Sequence[Fact]) -> list[Announced]:
    """These facts, each with an id of its own, as part of the work at hand."""
    at = utc_now()
    return [
        Announced(str(uuid.uuid4()), fact.type, fact.model_dump(mode="json"), trace.current(), at) for fact in facts
    ]
