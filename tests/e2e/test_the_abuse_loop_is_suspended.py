"""R37: nearly everything, again and again, is not a way round three; a line that drops again and again is no abuse."""

import random

import pytest

from client.problem import Problem
from tests.e2e.fetching import MIB, Offered, new, offered, rest, slow, take
from tests.e2e.world import World, refused
from tests.eventually import until

SIZE = 106 * MIB  # the last hundredth of it is more than the last MiB
NEARLY_ALL = SIZE * 99 // 100
DROP = 20 * MIB
MOST_UNDONE = 20


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


def until_refused(mine: Offered) -> tuple[int, Problem]:
    """How often that goes well, and what is said then."""
    for times in range(MOST_UNDONE + 2):
        try:
            nearly_all(mine)
        except Problem as problem:
            return times, problem
    raise AssertionError("it was never refused")


def test_nearly_all_of_it_again_and_again_is_suspended_until_the_sender_reopens(two: list[Offered]) -> None:
    mine, honest = two
    times, problem = until_refused(mine)
    assert (problem.status, problem.slug) == (410, "file-suspended")
    assert 3 < times <= MOST_UNDONE
    assert mine.offer.card["files"][0]["suspended"]
    assert not honest.offer.card["files"][0]["suspended"]
    assert mine.done == 0

    path = f"/api/download/transfers/{mine.sent.transfer}/reopenings"
    wish = {"recipient": mine.address, "file": mine.file}
    stranger = mine.world.agent("claude", signed_in=True)
    assert refused(lambda: stranger.api.wire.ask("POST", path, body=wish)).status == 404
    mine.sent.sender.api.wire.ask("POST", path, body=wish)
    assert not mine.offer.card["files"][0]["suspended"]
    mine.has_exactly(3)


def test_a_line_that_drops_every_twenty_megabytes_finishes_on_one(two: list[Offered]) -> None:
    _, mine = two
    url, found = mine.begin(), bytearray()
    while len(found) < SIZE:
        with slow(url, len(found)) as pieces:
            found += take(pieces, DROP)
    assert found == mine.content
    until(lambda: mine.done == 1, "it counts, once")
    assert mine.left == 2
