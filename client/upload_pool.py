"""Threads for files and for their parts; what is in memory at once is bounded, and the first failure stops all."""

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Any, Self, TypeVar

from client.congestion import CongestionWindow
from client.errors import UploadStopped

Item = TypeVar("Item")
Result = TypeVar("Result")
POLL_SECONDS = 0.5


class UploadPool:
    """`parallel` parts under way, or fewer as the `window` says, one more that is being read, and as many files."""

    def __init__(self, parallel: int) -> None:
        self.stopped = threading.Event()
        self.window = CongestionWindow(parallel)
        self._files = ThreadPoolExecutor(parallel, thread_name_prefix="file")
        self._parts = ThreadPoolExecutor(parallel, thread_name_prefix="part")
        self._slots = threading.Semaphore(parallel + 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Waits for what is under way, unless it was interrupted: then nobody waits for a line that may hang."""
        if kind is not None:
            self.stop()
        waits = kind is None or issubclass(kind, Exception)
        for pool in (self._files, self._parts):
            pool.shutdown(wait=waits, cancel_futures=True)

    def stop(self) -> None:
        """Begin nothing more."""
        self.stopped.set()
        self.window.stop()

    def map(self, task: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """Does it for every item, several at once; results in the order of the items."""
        futures = [self._files.submit(self._unless_stopped, task, item) for item in items]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        except BaseException:
            self.stop()
            raise
        return results(futures)

    def acquire_slot(self) -> None:
        """Waits until one more part may be in memory; `carry` gives the room back."""
        while not self._slots.acquire(timeout=POLL_SECONDS):
            if self.stopped.is_set():
                raise UploadStopped

    def release_slot(self) -> None:
        """Gives back what `take_room` took."""
        self._slots.release()

    def submit_part(self, task: Callable[[], None]) -> Future[None]:
        """Does it in a part's thread, in a room that was taken before."""
        return self._parts.submit(self._run_part, task)

    def _run_part(self, task: Callable[[], None]) -> None:
        try:
            task()
        finally:
            self.release_slot()

    def _unless_stopped(self, task: Callable[[Item], Result], item: Item) -> Result:
        if self.stopped.is_set():
            raise UploadStopped
        try:
            return task(item)
        except BaseException:
            self.stop()
            raise


def results(futures: Sequence[Future[Result]]) -> list[Result]:
    """What all of them returned, once all are over; the first failure that is a cause and not a consequence."""
    wait(futures)
    failures = [error for future in futures if (error := _failure(future))]
    for error in sorted(failures, key=lambda error: isinstance(error, UploadStopped)):
        raise error
    return [future.result() for future in futures]


def _failure(future: Future[Any]) -> BaseException | None:
    return UploadStopped() if future.cancelled() else future.exception()
