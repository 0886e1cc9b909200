"""The machine's clocks; no other module reads them."""

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the machine's time in UTC; decisions about validity use the database's clock instead (R9)."""
    return datetime.now(UTC)


def monotonic_seconds() -> float:
    """Return the seconds of a monotonic clock, for measuring and waiting."""
    return time.monotonic()


def thread_cpu_seconds() -> float:
    """Return the processor time of this thread, which a busy machine does not increase."""
    return time.thread_time()
