"""For a fast client several parts are requested at once, for a slow one a part at a time."""

import pytest

from services.download.streaming import read_ahead
from services.download.streaming.read_ahead import ReadAhead
from services.download.streaming.read_plan import PartSlice, part_slices
from tests.unit.download.fake_store import FakeStore
from tests.unit.download.sent_files import sent_file


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(read_ahead, "monotonic_seconds", clock)
    return clock


async def read(parts: list[PartSlice], store: FakeStore, clock: Clock, seconds_a_part: float) -> list[int]:
    """How many parts each request was for."""
    asking = ReadAhead(store)
    for number, one in enumerate(parts):
        run = await asking.range_at(one, parts[number + 1 :])
        await run.read_into(memoryview(bytearray(one.part.size_bytes)))
        clock.now += seconds_a_part
    await asking.close()
    return [(stop - start) // 10 for start, stop in store.runs]


def parts_of(count: int, file: str = "f") -> list[PartSlice]:
    return part_slices(sent_file(bytes(10 * count), 10, file), (0, 10 * count))


async def test_for_a_fast_client_more_and_more_parts_are_requested_at_once(clock: Clock) -> None:
    assert await read(parts_of(30), FakeStore(bytes(300)), clock, 0.01) == [1, 2, 4, 8, 8, 7]


async def test_for_a_slow_client_one_part_is_requested_at_a_time(clock: Clock) -> None:
    assert await read(parts_of(4), FakeStore(bytes(40)), clock, 60.0) == [1, 1, 1, 1]


async def test_a_request_keeps_a_connection_for_about_two_seconds(clock: Clock) -> None:
    assert await read(parts_of(12), FakeStore(bytes(120)), clock, 0.5) == [1, 2, 4, 4, 1]


async def test_a_request_ends_where_the_file_does(clock: Clock) -> None:
    store = FakeStore(bytes(100))
    assert await read([*parts_of(2, "a"), *parts_of(3, "b")], store, clock, 0.01) == [1, 1, 3]
    assert store.given_up == []


async def test_a_client_that_goes_elsewhere_or_leaves_gives_up_the_rest(clock: Clock) -> None:
    store, parts = FakeStore(bytes(100)), parts_of(10)
    asking = ReadAhead(store)
    for one in parts[:2]:
        await (await asking.range_at(one, parts[parts.index(one) + 1 :])).read_into(memoryview(bytearray(10)))
    await asking.range_at(parts[7], [])
    assert (store.runs, store.given_up) == ([(0, 10), (10, 30), (70, 80)], [20])
    await asking.close()
    assert store.given_up == [20, 70]
