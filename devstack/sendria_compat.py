"""Starts Sendria on every supported Python: its last release uses two functions that Python 3.14 removed."""

import asyncio
import importlib
import importlib.util
import pkgutil

current_loop = asyncio.get_event_loop


def loader_of(name: str) -> object:
    """Return what `pkgutil.get_loader` returned."""
    spec = importlib.util.find_spec(name)
    return spec and spec.loader


def event_loop() -> asyncio.AbstractEventLoop:
    """Return the loop of this thread, created when there is none, as `asyncio.get_event_loop` did."""
    try:
        return current_loop()
    except RuntimeError:
        asyncio.set_event_loop(asyncio.new_event_loop())
        return current_loop()


def main() -> None:
    """Run Sendria's own command, with the arguments of this one."""
    setattr(pkgutil, "get_loader", loader_of)  # noqa: B010 - mypy knows that 3.14 has no such name
    asyncio.get_event_loop = event_loop
    importlib.import_module("sendria.cli").main()


if __name__ == "__main__":
    main()
