"""Open-loop load: requests start at a fixed rate, whether or not earlier ones were answered."""

import itertools
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from bench.http_connection import HttpConnection

CONNECTIONS = 48
HEAD_START_SECONDS = 0.5

Call = Callable[[HttpConnection], object]


def response_times(calls: Sequence[Call], per_second: float, connect: Callable[[], HttpConnection]) -> list[float]:
    """Return the seconds from each call's scheduled start to its response; waiting for a connection counts."""
    numbers = itertools.count()
    began = time.monotonic() + HEAD_START_SECONDS

    def work(_: int) -> list[float]:
        connection, took = connect(), []
        while (number := next(numbers)) < len(calls):
            due = began + number / per_second
            time.sleep(max(0.0, due - time.monotonic()))
            calls[number](connection)
            took.append(time.monotonic() - due)
        connection.close()
        return took

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return [seconds for took in pool.map(work, range(CONNECTIONS)) for seconds in took]
