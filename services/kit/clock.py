"""What time is it? The only module that asks the machine."""

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    """The machine's time, in UTC; decisions about validity use the database's clock instead (R9)."""
    return datetime.now(UTC)


def monotonic_seconds() -> float:
    """Seconds on a clock that never goes back, for measuring and for waiting."""
    return time.monotonic()


def thread_cpu_seconds() -> float:
    """Seconds of processor that this thread has used: a busy machine does not count."""
    return time.thread_time()
