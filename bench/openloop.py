"""So many a second, whether or not the last one is answered: what somebody waits who comes when they come."""

import itertools
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from bench.line import Line

LINES = 48
HEAD_START_SECONDS = 0.5

Call = Callable[[Line], object]


def waited(calls: Sequence[Call], per_second: float, connect: Callable[[], Line]) -> list[float]:
    """Seconds from when each was due to when it was answered; one that comes late because others are slow, is slow."""
    numbers = itertools.count()
    began = time.monotonic() + HEAD_START_SECONDS

    def work(_: int) -> list[float]:
        line, took = connect(), []
        while (number := next(numbers)) < len(calls):
            due = began + number / per_second
            time.sleep(max(0.0, due - time.monotonic()))
            calls[number](line)
            took.append(time.monotonic() - due)
        line.close()
        return took

    with ThreadPoolExecutor(LINES) as pool:
        return [seconds for took in pool.map(work, range(LINES)) for seconds in took]
