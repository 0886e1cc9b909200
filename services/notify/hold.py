"""Hold the mails about a right while the broker does not answer: what would cancel them cannot arrive (ADR 15)."""

from collections.abc import Awaitable, Callable
from typing import Literal

from services.kit import metrics
from services.kit.clock import monotonic_seconds
from services.kit.logs import logger

SETTLING_SECONDS = 20.0
"""How long mails are held after the broker's return, until the other services have published what waited.

A service reconnects within a second or two; a publication that hangs fails after 6 s (`PUBLISH_TIMEOUT_SECONDS`), and
its event is published by the next sweep, 2 s later at most. 20 s is twice that.
"""

State = Literal["unknown", "silent", "settling", "answering"]

held = metrics.Gauge("mails_held", "1 while mails about a right are held, because the broker does not answer")


class Hold:
    """Begins when the broker does not answer, and ends when it has answered for the settling time.

    It is on until the first answer; without a failure before it, there is nothing to settle.
    """

    def __init__(self) -> None:
        self.state: State = "unknown"
        self._settled_at = 0.0

    @property
    def on(self) -> bool:
        """True while mails about a right are held."""
        return self.state != "answering"

    def record(self, answered: bool, now: float) -> None:
        """Record whether the broker answered; `now` is in seconds of a monotonic clock."""
        if not answered:
            self.state = "silent"
        elif self.state == "silent":
            self.state, self._settled_at = "settling", now + SETTLING_SECONDS
        elif now >= self._settled_at:
            self.state = "answering"


async def watch_broker(hold: Hold, answers: Callable[[], Awaitable[bool]]) -> None:
    """Ask the broker once for an answer, and log when the hold begins and ends."""
    before, answered = hold.state, await answers()
    hold.record(answered, monotonic_seconds())
    held.set(hold.on)
    if hold.state == "silent" and before in ("unknown", "answering"):
        logger().warning("the broker does not answer: mails with links and requests for approval are held")
    if hold.state == "answering" and before == "settling":
        logger().info("the broker answers again: the mails that were held are sent")
