"""Waits for asynchronous results up to a deadline, never for a fixed time; a failure shows the last value."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

from client.errors import Problem

Found = TypeVar("Found")
TIMEOUT_SECONDS = 120.0
PAUSE_SECONDS = 0.03
NOT_YET = (AssertionError, Problem)


@overload
async def eventually(look: Callable[[], Awaitable[Found | None]], what: str = "") -> Found: ...


@overload
async def eventually(look: Callable[[], bool], what: str = "") -> bool: ...


async def eventually(look: Callable[[], Any], what: str = "", seconds: float = TIMEOUT_SECONDS) -> Any:
    """Return the first truthy result of `look`, which may be awaitable; `AssertionError` and `Problem` mean not yet."""
    seen: object = "no answer"
    try:
        async with asyncio.timeout(seconds):
            while True:
                try:
                    seen = look()
                    if inspect.isawaitable(seen):
                        seen = await seen
                    if seen:
                        return seen
                except NOT_YET as error:
                    seen = error
                await asyncio.sleep(PAUSE_SECONDS)
    except TimeoutError:
        raise _missed(look, what, seconds, seen) from None


def until(look: Callable[[], Found | None], what: str = "", seconds: float = TIMEOUT_SECONDS) -> Found:
    """Return the first truthy result of `look`, blocking the thread."""
    seen: object = None
    deadline = time.monotonic() + seconds
    while True:
        try:
            seen = found = look()
            if found:
                return found
        except NOT_YET as error:
            seen = error
        if time.monotonic() > deadline:
            raise _missed(look, what, seconds, seen)
        time.sleep(PAUSE_SECONDS)


def _missed(look: Callable[[], object], what: str, seconds: float, seen: object) -> AssertionError:
    instead = f"{type(seen).__name__}: {seen}" if isinstance(seen, Exception) else repr(seen)
    return AssertionError(f"not within {seconds:g} s: {what or _source(look)}\ninstead: {instead}")


def _source(look: Callable[[], object]) -> str:
    try:
        return inspect.getsource(look).strip()
    except (OSError, TypeError):
        return repr(look)
