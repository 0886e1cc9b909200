"""Attacks on the limit: how many copies can be put together from all the bytes that a link hands out."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from services.download.domain.refusals import (
    DownloadAlreadyDone,
    DownloadsExhausted,
    DownloadSpent,
    DownloadsRunning,
    DownloadsSuspended,
    DownloadStillRunning,
)
from tests.unit.download.link_driver import MIB, LinkDriver

REFUSED = (
    DownloadsExhausted,
    DownloadsRunning,
    DownloadAlreadyDone,
    DownloadSpent,
    DownloadStillRunning,
    DownloadsSuspended,
)
TRIES = 400


class Collector:
    """Collects what one link hands out of one file, and puts copies together."""

    def __init__(self, size_bytes: int) -> None:
        self.driver = LinkDriver(size_bytes)
        self.size_bytes = size_bytes
        self.got: list[tuple[int, int]] = []

    def takes(self, id: str, start: int, stop: int) -> None:
        """One range under an id, as far as its bytes are reserved, and given back; nothing when it is refused."""
        at = start
        with suppress(*REFUSED):
            self.driver.start(id)
            self.driver.fetch(id, start)
            while at < (reserved := min(stop, self.driver.reserved(id, start))):
                at = reserved
                self.driver.progress(id, start, at)
            self.driver.complete(id, start, at)
            self.got.append((start, at))
            self.driver.give_back(id)

    def tries_everything(self, trick: Callable[["Collector"], None]) -> None:
        """The trick, once more when every lease is over, and then whole downloads."""
        for _ in range(2):
            trick(self)
            self.driver.pass_time(hours=1)
            self.driver.settle()
        for number in range(4):
            self.takes(f"whole {number}", 0, self.size_bytes)

    @property
    def copies(self) -> int:
        """How often the byte was received that was received least."""
        edges = sorted({0, self.size_bytes, *(edge for span in self.got for edge in span)})
        return min(sum(start <= at < stop for start, stop in self.got) for at in edges[:-1])


def two_halves(thief: Collector) -> None:
    half = thief.size_bytes // 2
    for number in range(TRIES):
        thief.takes(f"first {number}", 0, half)
        thief.takes(f"second {number}", half, thief.size_bytes)


def all_but_the_last_byte(thief: Collector) -> None:
    for number in range(TRIES):
        thief.takes(f"most {number}", 0, thief.size_bytes - 1)
        thief.takes(f"last {number}", thief.size_bytes - 1, thief.size_bytes)


def the_tail_of_a_done_download(thief: Collector) -> None:
    half = (thief.size_bytes + 1) // 2
    thief.takes("done", 0, thief.size_bytes)
    for number in range(TRIES):
        thief.takes(f"half {number}", 0, half)
        thief.takes("done", half, thief.size_bytes)


def whole_and_given_up_within_the_last_mebibyte(thief: Collector) -> None:
    for number in range(TRIES):
        thief.takes(f"{number}", 0, thief.size_bytes - MIB)
        thief.takes(f"end {number}", thief.size_bytes - MIB, thief.size_bytes)


@pytest.mark.parametrize("size_bytes", [17 * MIB, 60 * MIB, 900 * MIB])
@pytest.mark.parametrize(
    "trick",
    [two_halves, all_but_the_last_byte, the_tail_of_a_done_download, whole_and_given_up_within_the_last_mebibyte],
)
def test_no_trick_gives_a_fourth_copy(trick: Callable[[Collector], None], size_bytes: int) -> None:
    thief = Collector(size_bytes)
    thief.tries_everything(trick)
    assert 1 <= thief.copies <= 3


@pytest.mark.parametrize("trick", [two_halves, all_but_the_last_byte, the_tail_of_a_done_download])
def test_a_small_file_gives_no_more_than_its_repeats(trick: Callable[[Collector], None]) -> None:
    thief = Collector(100_000)
    thief.tries_everything(trick)
    assert 1 <= thief.copies <= 9
