"""Starting and stopping several parts at once, each after those it needs."""

import threading
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait

from devstack.part import Part
from devstack.refusals import StartInterrupted


def start_together(parts: list[Part], halted: threading.Event) -> None:
    """Starts each part as soon as those it needs are ready; the first failure calls the others off."""
    if not parts:
        return
    started: dict[str, Future[None]] = {}
    with ThreadPoolExecutor(max_workers=len(parts)) as pool:
        for part in parts:  # in the order of the table: whatever a part needs comes before it
            needs = [started[name] for name in part.needs if name in started]
            started[part.name] = pool.submit(_start, part, needs)
        try:
            wait(started.values(), return_when=FIRST_EXCEPTION)
        finally:
            halted.set()
            wait(started.values())
            halted.clear()
    _raise_first([future.exception() for future in started.values()])


def _start(part: Part, needs: list[Future[None]]) -> None:
    for need in needs:
        if need.exception():
            raise StartInterrupted(part.name)
    part.start()


def _raise_first(errors: list[BaseException | None]) -> None:
    found = [error for error in errors if error is not None]
    causes = [error for error in found if not isinstance(error, StartInterrupted)]
    for error in causes or found:
        raise error


def stop_together(parts: list[Part]) -> None:
    """Stops parts at once, except that nobody goes before those who need it."""
    waiting = {part.name: part for part in parts}
    while waiting:
        needed = {need for part in waiting.values() for need in part.needs}
        leaving = [part for part in waiting.values() if part.name not in needed]
        with ThreadPoolExecutor(max_workers=len(leaving)) as pool:
            stopping = [pool.submit(part.stop) for part in leaving]
        for part in leaving:
            del waiting[part.name]
        _raise_first([future.exception() for future in stopping])
