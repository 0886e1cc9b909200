"""Awaiting what is asynchronous, with a deadline and no fixed sleep in any test."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

Found = TypeVar("Found")
PAUSE_SECONDS = 0.05


async def eventually(look: Callable[[], Awaitable[Found | None]], seconds: float = 20.0) -> Found:
    """The first truthy answer of `look`; the last assertion or an `AssertionError` when the deadline passes."""
    last: Exception | None = None
    try:
        async with asyncio.timeout(seconds):
            while True:
                try:
                    found = await look()
                except AssertionError as error:
                    last = error
                else:
                    if found:
                        return found
                await asyncio.sleep(PAUSE_SECONDS)
    except TimeoutError:
        raise last or AssertionError(f"not within {seconds} s") from None
