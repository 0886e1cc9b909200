"""Threads for files and for their parts; the first failure stops all, and few parts are in memory at once."""

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
    """Sends up to `parallel` parts at once, fewer as the `window` says, reads one more, and handles as many files."""

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
        """Wait for the running tasks, except after an interruption, when a connection may hang."""
        if kind is not None:
            self.stop()
        waits = kind is None or issubclass(kind, Exception)
        for pool in (self._files, self._parts):
            pool.shutdown(wait=waits, cancel_futures=True)

    def stop(self) -> None:
        """Start nothing more."""
        self.stopped.set()
        self.window.stop()

    def map(self, task: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """Run the task for every item, several at once; return the results in the order of the items."""
        futures = [self._files.submit(self._unless_stopped, task, item) for item in items]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        except BaseException:
            self.stop()
            raise
        return results(futures)

    def acquire_slot(self) -> None:
        """Wait until one more part may be in memory; `submit_part` releases the slot when the part is done."""
        while not self._slots.acquire(timeout=POLL_SECONDS):
            if self.stopped.is_set():
                raise UploadStopped

    def release_slot(self) -> None:
        """Release a slot that no part was submitted for."""
        self._slots.release()

    def submit_part(self, task: Callable[[], None]) -> Future[None]:
        """Run the task in a part's thread, with a slot that was acquired before."""
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
    """Wait for all and return their results; raise the first failure, a cause before any `UploadStopped`."""
    wait(futures)
    failures = [error for future in futures if (error := _failure(future))]
    for error in sorted(failures, key=lambda error: isinstance(error, UploadStopped)):
        raise error
    return [future.result() for future in futures]


def _failure(future: Future[Any]) -> BaseException | None:
    return UploadStopped() if future.cancelled() else future.exception()
