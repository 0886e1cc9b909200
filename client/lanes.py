"""Threads for files and for their parts; what is in memory at once is bounded, and the first failure stops all."""

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Any, Self, TypeVar

from client.congestion import CongestionWindow
from client.problem import Stopped

Item = TypeVar("Item")
Result = TypeVar("Result")
LOOK_SECONDS = 0.5


class Lanes:
    """`parallel` parts under way, or fewer as the `window` says, one more that is being read, and as many files."""

    def __init__(self, parallel: int) -> None:
        self.stopped = threading.Event()
        self.window = CongestionWindow(parallel)
        self._files = ThreadPoolExecutor(parallel, thread_name_prefix="file")
        self._parts = ThreadPoolExecutor(parallel, thread_name_prefix="part")
        self._room = threading.Semaphore(parallel + 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Waits for what is under way, unless it was interrupted: then nobody waits for a line that may hang."""
        if kind is not None:
            self.stop()
        patient = kind is None or issubclass(kind, Exception)
        for pool in (self._files, self._parts):
            pool.shutdown(wait=patient, cancel_futures=True)

    def stop(self) -> None:
        """Begin nothing more."""
        self.stopped.set()
        self.window.stop()

    def each(self, do: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """Does it for every item, several at once; results in the order of the items."""
        futures = [self._files.submit(self._unless_stopped, do, item) for item in items]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        except BaseException:
            self.stop()
            raise
        return results(futures)

    def take_room(self) -> None:
        """Waits until one more part may be in memory; `carry` gives the room back."""
        while not self._room.acquire(timeout=LOOK_SECONDS):
            if self.stopped.is_set():
                raise Stopped

    def leave_room(self) -> None:
        """Gives back what `take_room` took."""
        self._room.release()

    def carry(self, do: Callable[[], None]) -> Future[None]:
        """Does it in a part's thread, in a room that was taken before."""
        return self._parts.submit(self._carry, do)

    def _carry(self, do: Callable[[], None]) -> None:
        try:
            do()
        finally:
            self.leave_room()

    def _unless_stopped(self, do: Callable[[Item], Result], item: Item) -> Result:
        if self.stopped.is_set():
            raise Stopped
        try:
            return do(item)
        except BaseException:
            self.stop()
            raise


def results(futures: Sequence[Future[Result]]) -> list[Result]:
    """What all of them returned, once all are over; the first failure that is a cause and not a consequence."""
    wait(futures)
    failures = [error for future in futures if (error := _failure(future))]
    for error in sorted(failures, key=lambda error: isinstance(error, Stopped)):
        raise error
    return [future.result() for future in futures]


def _failure(future: Future[Any]) -> BaseException | None:
    return Stopped() if future.cancelled() else future.exception()
