"""A fast reader has several parts asked for at once, a slow one a part at a time."""

import pytest

from services.download.streams import runs
from services.download.streams.pieces import Slice, slices_of
from services.download.streams.runs import Runs
from tests.unit.download.parcels import sent_file
from tests.unit.download.shelf import Shelf


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(runs, "monotonic_seconds", clock)
    return clock


async def read(parts: list[Slice], shelf: Shelf, clock: Clock, seconds_a_part: float) -> list[int]:
    """How many parts each request was for."""
    asking = Runs(shelf)
    for number, one in enumerate(parts):
        run = await asking.at(one, parts[number + 1 :])
        await run.read_into(memoryview(bytearray(one.part.size_bytes)))
        clock.now += seconds_a_part
    await asking.close()
    return [(stop - start) // 10 for start, stop in shelf.runs]


def parts_of(count: int, file: str = "f") -> list[Slice]:
    return slices_of(sent_file(bytes(10 * count), 10, file), (0, 10 * count))


async def test_a_fast_reader_has_more_and_more_asked_for_at_once(clock: Clock) -> None:
    assert await read(parts_of(30), Shelf(bytes(300)), clock, 0.01) == [1, 2, 4, 8, 8, 7]


async def test_a_slow_reader_has_one_part_asked_for_at_a_time(clock: Clock) -> None:
    assert await read(parts_of(4), Shelf(bytes(40)), clock, 60.0) == [1, 1, 1, 1]


async def test_a_line_is_busy_for_two_seconds_or_so(clock: Clock) -> None:
    assert await read(parts_of(12), Shelf(bytes(120)), clock, 0.5) == [1, 2, 4, 4, 1]


async def test_a_run_ends_where_the_file_does(clock: Clock) -> None:
    shelf = Shelf(bytes(100))
    assert await read([*parts_of(2, "a"), *parts_of(3, "b")], shelf, clock, 0.01) == [1, 1, 3]
    assert shelf.given_up == []


async def test_who_goes_elsewhere_or_leaves_gives_the_rest_up(clock: Clock) -> None:
    shelf, parts = Shelf(bytes(100)), parts_of(10)
    asking = Runs(shelf)
    for one in parts[:2]:
        await (await asking.at(one, parts[parts.index(one) + 1 :])).read_into(memoryview(bytearray(10)))
    await asking.at(parts[7], [])
    assert (shelf.runs, shelf.given_up) == ([(0, 10), (10, 30), (70, 80)], [20])
    await asking.close()
    assert shelf.given_up == [20, 70]
