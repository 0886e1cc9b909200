"""The counter has so many places, so many for one link, and so much memory."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from services.download.domain.refusals import CounterBusy
from services.download.streams.counter import Counter


async def test_places_are_bounded_in_all_and_for_each_link() -> None:
    counter = Counter(places=3, places_per_link=2, memory_bytes=100)
    async with AsyncExitStack() as taken:
        for link in ("a", "a", "b"):
            await taken.enter_async_context(counter.place(link, 1))
        for link in ("a", "b", "c"):
            with pytest.raises(CounterBusy):
                await taken.enter_async_context(counter.place(link, 1))
    async with counter.place("a", 1):
        pass


async def test_one_link_leaves_room_for_others() -> None:
    counter = Counter(places=9, places_per_link=1, memory_bytes=100)
    async with counter.place("a", 1), counter.place("b", 1):
        with pytest.raises(CounterBusy):
            await counter.place("a", 1).__aenter__()


async def test_memory_is_bounded_and_the_largest_part_still_gets_through_alone() -> None:
    counter = Counter(places=9, places_per_link=9, memory_bytes=100)
    async with counter.place("a", 500):
        with pytest.raises(CounterBusy):
            await counter.place("b", 1).__aenter__()
    async with counter.place("a", 60), counter.place("b", 40):
        with pytest.raises(CounterBusy):
            await counter.place("c", 1).__aenter__()


async def test_at_the_end_of_the_process_the_last_records_are_waited_for() -> None:
    counter = Counter(places=9, places_per_link=9, memory_bytes=100)
    waiting = asyncio.create_task(counter.until_stopped())
    async with counter.place("a", 1):
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.sleep(0)
        assert not waiting.done()
    with pytest.raises(asyncio.CancelledError):
        await waiting
