"""R37: interrupted downloads cannot be combined into a fourth copy; a connection that drops costs nothing."""

import random

import pytest

from tests.e2e.downloads import MIB, DownloadableFile, new, offered, rest, slow, take
from tests.e2e.scenario import Scenario, refused
from tests.eventually import until

SIZE = 106 * MIB  # the last hundredth of it is more than the last MiB, and it is no small file
NEARLY_ALL = SIZE * 99 // 100
DROP = 20 * MIB


@pytest.fixture(scope="module")
def two(scenario: Scenario) -> list[DownloadableFile]:
    """One file, for one who abuses it and one who does not."""
    return offered(scenario, random.Random(37).randbytes(SIZE), readers=2)


def nearly_all(mine: DownloadableFile) -> None:
    """Ninety-nine hundredths, and away."""
    download = new()
    with slow(mine.begin(download), 0, NEARLY_ALL) as pieces:
        assert len(rest(pieces)) == NEARLY_ALL
    mine.scenario.api_without_retries().give_back(mine.link, mine.file, download)


def the_rest(mine: DownloadableFile) -> bytes:
    """What is missing then, under an id of its own."""
    download = new()
    with slow(mine.begin(download), NEARLY_ALL) as pieces:
        found = rest(pieces)
    mine.scenario.api_without_retries().give_back(mine.link, mine.file, download)
    return found


def test_interrupting_near_the_end_costs_nothing_and_the_rest_can_be_fetched_three_times(
    two: list[DownloadableFile],
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


def test_a_connection_that_drops_every_twenty_megabytes_needs_one_download(two: list[DownloadableFile]) -> None:
    _, mine = two
    url, found = mine.begin(), bytearray()
    while len(found) < SIZE:
        with slow(url, len(found)) as pieces:
            found += take(pieces, DROP)
    assert found == mine.content
    until(lambda: mine.done == 1, "it counts, once")
    assert mine.left == 2
