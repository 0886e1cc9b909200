"""The same thing again and again, in several threads at once."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

Worker = Callable[[int], Callable[[], object]]


def rate(worker: Worker, concurrency: int, seconds: float) -> float:
    """How often a second; `worker` makes what one thread repeats, with a connection of its own."""

    def repeat(number: int) -> int:
        once, done = worker(number), 0
        while time.monotonic() < deadline:
            once()
            done += 1
        return done

    deadline = time.monotonic() + seconds
    began = time.monotonic()
    with ThreadPoolExecutor(concurrency) as pool:
        done = sum(pool.map(repeat, range(concurrency)))
    return done / (time.monotonic() - began)
