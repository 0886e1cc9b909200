"""What the bus says to the broker of an event that it could not keep."""

from typing import Any, cast

from services.kit import bus


class Delivered:
    """A message of a quorum queue, counted as RabbitMQ 4.3 counts: a nack is no failed delivery, a reject is one."""

    def __init__(self) -> None:
        self.waiting = False
        self.failed_deliveries = 0

    async def nack(self, requeue: bool) -> None:
        self.waiting = requeue

    async def reject(self, requeue: bool) -> None:
        self.waiting = requeue
        self.failed_deliveries += 1


async def test_an_event_that_is_given_back_waits_and_counts_towards_the_delivery_limit() -> None:
    message = Delivered()
    await bus._requeue(cast(Any, message))
    assert (message.waiting, message.failed_deliveries) == (True, 1)
