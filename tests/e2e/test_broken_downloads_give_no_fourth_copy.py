"""R37: parts of undone downloads are no way round three; a line that drops again and again costs nothing."""

import random

import pytest

from tests.e2e.fetching import MIB, Offered, new, offered, rest, slow, take
from tests.e2e.world import World, refused
from tests.eventually import until

SIZE = 106 * MIB  # the last hundredth of it is more than the last MiB, and it is no small file
NEARLY_ALL = SIZE * 99 // 100
DROP = 20 * MIB


@pytest.fixture(scope="module")
def two(world: World) -> list[Offered]:
    """One file, for one who abuses it and one who does not."""
    return offered(world, random.Random(37).randbytes(SIZE), readers=2)


def nearly_all(mine: Offered) -> None:
    """Ninety-nine hundredths, and away."""
    download = new()
    with slow(mine.begin(download), 0, NEARLY_ALL) as pieces:
        assert len(rest(pieces)) == NEARLY_ALL
    mine.world.impatient().give_back(mine.link, mine.file, download)


def the_rest(mine: Offered) -> bytes:
    """What is missing then, under an id of its own."""
    download = new()
    with slow(mine.begin(download), NEARLY_ALL) as pieces:
        found = rest(pieces)
    mine.world.impatient().give_back(mine.link, mine.file, download)
    return found


def test_nearly_all_of_it_again_and_again_costs_nothing_and_three_times_the_rest_is_all_there_is(
    two: list[Offered],
) -> None:
    mine, honest = two
    for _ in range(5):
        nearly_all(mine)
    assert mine.left == 3
    for left in (2, 1, 0):
        assert the_rest(mine) == mine.content[NEARLY_ALL:]
        until(lambda left=left: mine.left == left, "the bytes are counted")  # type: ignore[misc]
    problem = refused(lambda: mine.begin(new()))
    assert (problem.status, problem.slug) == (410, "downloads-exhausted")
    assert honest.left == 3


def test_a_line_that_drops_every_twenty_megabytes_finishes_on_one(two: list[Offered]) -> None:
    _, mine = two
    url, found = mine.begin(), bytearray()
    while len(found) < SIZE:
        with slow(url, len(found)) as pieces:
            found += take(pieces, DROP)
    assert found == mine.content
    until(lambda: mine.done == 1, "it counts, once")
    assert mine.left == 2
