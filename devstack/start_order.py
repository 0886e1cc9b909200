"""Starts and stops components in parallel, in the order of their dependencies."""

import threading
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait

from devstack.component import Component
from devstack.errors import StartInterrupted


def start_in_order(components: list[Component], cancelled: threading.Event) -> None:
    """Start each component as soon as its dependencies are ready; the first failure cancels the others."""
    if not components:
        return
    started: dict[str, Future[None]] = {}
    with ThreadPoolExecutor(max_workers=len(components)) as pool:
        for component in components:  # in the order of the table: dependencies come first
            dependencies = [started[name] for name in component.depends_on if name in started]
            started[component.name] = pool.submit(_start, component, dependencies)
        try:
            wait(started.values(), return_when=FIRST_EXCEPTION)
        finally:
            cancelled.set()
            wait(started.values())
            cancelled.clear()
    _raise_first([future.exception() for future in started.values()])


def _start(component: Component, dependencies: list[Future[None]]) -> None:
    for dependency in dependencies:
        if dependency.exception():
            raise StartInterrupted(component.name)
    component.start()


def _raise_first(errors: list[BaseException | None]) -> None:
    found = [error for error in errors if error is not None]
    causes = [error for error in found if not isinstance(error, StartInterrupted)]
    for error in causes or found:
        raise error


def stop_in_order(components: list[Component]) -> None:
    """Stop components in parallel, each after those that depend on it."""
    waiting = {component.name: component for component in components}
    while waiting:
        needed = {name for component in waiting.values() for name in component.depends_on}
        leaving = [component for component in waiting.values() if component.name not in needed]
        with ThreadPoolExecutor(max_workers=len(leaving)) as pool:
            stopping = [pool.submit(component.stop) for component in leaving]
        for component in leaving:
            del waiting[component.name]
        _raise_first([future.exception() for future in stopping])
