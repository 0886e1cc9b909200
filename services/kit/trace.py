"""Which request is this work part of? W3C trace context, carried through requests, events and log lines."""

import re
import secrets
from contextvars import ContextVar

TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def enter(received: str | None) -> str:
    """Go on with the received traceparent when it is well formed, else begin a new trace; say which it is."""
    known = received if received and TRACEPARENT.fullmatch(received) else None
    trace_id = known.split("-")[1] if known else secrets.token_hex(16)
    value = f"00-{trace_id}-{secrets.token_hex(8)}-01"
    _current.set(value)
    return value


def current() -> str:
    """The traceparent of the work at hand; a new one when there is none."""
    return _current.get() or enter(None)


def trace_id() -> str | None:
    """The 32 hex digits that one person's request and all that followed from it share."""
    value = _current.get()
    return value.split("-")[1] if value else None
