"""Repeats a request in several concurrent threads."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

Worker = Callable[[int], Callable[[], object]]


def rate(worker: Worker, concurrency: int, seconds: float) -> float:
    """Return the requests per second; `worker` makes the function that one thread repeats, with its own connection."""

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
