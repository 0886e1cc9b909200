"""W3C trace context, carried through requests, events and log lines."""

import re
import secrets
from contextvars import ContextVar

TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def enter(received: str | None) -> str:
    """Continue a well-formed traceparent, or begin a new trace; return the new traceparent."""
    known = received if received and TRACEPARENT.fullmatch(received) else None
    trace_id = known.split("-")[1] if known else secrets.token_hex(16)
    value = f"00-{trace_id}-{secrets.token_hex(8)}-01"
    _current.set(value)
    return value


def current() -> str:
    """Return the current traceparent; begins a new trace if there is none."""
    return _current.get() or enter(None)


def trace_id() -> str | None:
    """Return the trace id, 32 hex digits, which a request shares with all that follows from it."""
    value = _current.get()
    return value.split("-")[1] if value else None
