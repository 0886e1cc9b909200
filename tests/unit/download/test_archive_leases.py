"""An archive holds a lease on each of its files, and counts on each when it is whole."""

from datetime import datetime, timedelta

import pytest

from services.contracts.download import FileDownloaded
from services.contracts.values import FileLine
from services.download.domain import archiving
from services.download.domain.archive import MOST_IDLE, Bundle
from services.download.domain.downloads import Progress
from services.download.domain.link import Link
from services.download.domain.refusals import (
    ArchivesSuspended,
    DownloadAlreadyDone,
    DownloadsExhausted,
    DownloadSpent,
    FileSuspended,
    LinkExpired,
)
from services.kit.events import Fact
from tests.unit.download.counter import MIB, START, new_link

LINES = {name: FileLine(path=f"{name}.pdf", size_bytes=5 * MIB) for name in "abc"}
ALL = Bundle(LINES, 16 * MIB)


def started(link: Link, id: str, now: datetime = START, files: str = "abc") -> Link:
    return archiving.start(link, Bundle({name: LINES[name] for name in files}, 16 * MIB), id, now)[0]


def sent(link: Link, id: str, start: int, stop: int, now: datetime = START) -> tuple[Link, list[Fact]]:
    link, _ = archiving.fetch(link, ALL, id, start * MIB, now)
    book = Progress((start * MIB, stop * MIB), (start * MIB, stop * MIB), (stop - start) * MIB)
    return archiving.complete(link, ALL, id, book, now)


def left(link: Link, now: datetime = START) -> list[int]:
    return [link.shelf(line, name).left(now) for name, line in LINES.items()]


def test_the_last_byte_of_the_archive_counts_on_every_file_and_tells_each_once() -> None:
    link, facts = sent(started(new_link(), "x"), "x", 0, 15)
    assert (left(link), facts) == ([2, 2, 2], [])
    link, facts = sent(link, "x", 15, 16)
    assert [fact.file.path for fact in facts if isinstance(fact, FileDownloaded)] == ["a.pdf", "b.pdf", "c.pdf"]
    assert (left(link), link.files_downloaded(START), link.busy_until) == ([2, 2, 2], 3, None)
    with pytest.raises(DownloadAlreadyDone):
        archiving.fetch(link, ALL, "x", 0, START)
    assert archiving.start(link, ALL, "x", START)[0].archives == link.archives


def test_one_file_without_a_slot_refuses_all_and_takes_nothing() -> None:
    link = new_link()
    for id in "123":
        link, _ = link.start(LINES["b"], "b", id, START)
    with pytest.raises(DownloadsExhausted) as refused:
        archiving.start(link, ALL, "x", START)
    assert refused.value.members == {"files": ["b"]}
    assert left(started(link, "x", files="ac")) == [2, 0, 2]


def test_archives_and_files_share_the_same_three() -> None:
    link = started(started(new_link(), "x"), "y", files="ab")
    link, _ = link.start(LINES["a"], "a", "1", START)
    assert left(link) == [0, 1, 2]
    with pytest.raises(DownloadsExhausted):
        link.start(LINES["a"], "a", "2", START)


def test_all_leases_are_renewed_and_die_together() -> None:
    link = started(new_link(), "x")
    later = START + timedelta(seconds=80)
    link, _ = archiving.progress(link, ALL, "x", Progress((0, MIB), (0, MIB), MIB), later)
    assert left(link, later + timedelta(seconds=89)) == [2, 2, 2]
    assert left(link, later + timedelta(seconds=90)) == [3, 3, 3]


def test_a_file_that_ran_out_meanwhile_keeps_a_dead_archive_from_going_on() -> None:
    link, _ = sent(started(new_link(limit=1), "x"), "x", 0, 8)
    later = START + timedelta(seconds=90)
    link, _ = link.start(LINES["c"], "c", "1", later)
    with pytest.raises(DownloadsExhausted):
        archiving.fetch(link, ALL, "x", 8 * MIB, later)
    link, _ = archiving.progress(link, ALL, "x", Progress((8 * MIB, 9 * MIB), (8 * MIB, 9 * MIB), MIB), later)
    assert link.archives["x"].download.state == "given-back"
    assert left(link, later) == [1, 1, 0]


def test_whoever_dies_inside_the_last_bytes_is_counted_even_when_another_file_is_written_first() -> None:
    link, _ = sent(started(new_link(), "x"), "x", 0, 15)
    later = START + timedelta(minutes=31)
    link, _ = link.start(LINES["a"], "a", "1", later)
    assert link.settles_at is not None
    assert link.settles_at <= later
    link, facts = link.settle(later)
    assert len(facts) == 3
    assert left(link, later) == [1, 2, 2]


def test_after_the_end_a_running_archive_goes_on_and_no_new_one_begins() -> None:
    link = started(new_link(), "x", START + timedelta(days=7, seconds=-1))
    over = START + timedelta(days=7)
    archiving.fetch(link, ALL, "x", 0, over)
    with pytest.raises(LinkExpired):
        archiving.start(link, ALL, "y", over)
    with pytest.raises(LinkExpired):
        archiving.fetch(link, ALL, "x", 0, over + timedelta(seconds=90))


def test_a_suspended_file_suspends_archives_that_hold_it_and_says_which() -> None:
    link = new_link()
    for number in range(21):
        link, _ = link.start(LINES["b"], "b", f"{number}", START)
        link, _ = link.progress(LINES["b"], "b", f"{number}", Progress((0, 1), (0, 1), 1), START)
        link, _ = link.give_back(LINES["b"], "b", f"{number}", START)
    with pytest.raises(FileSuspended) as refused:
        archiving.start(link, ALL, "x", START)
    assert refused.value.members == {"files": ["b"]}


def test_broken_archives_suspend_archives_whatever_they_hold_and_not_files() -> None:
    link = new_link()
    for number in range(21):
        link = started(link, f"{number}", files="abc"[: number % 3 + 1])
        link, _ = archiving.progress(link, ALL, f"{number}", Progress((0, 1), (0, 1), 1), START)
        link, facts = archiving.give_back(link, f"{number}", START)
        assert [type(fact).__name__ for fact in facts] == (["FileSuspended"] if number == 20 else [])
    with pytest.raises(ArchivesSuspended):
        started(link, "x", files="c")
    assert left(link) == [3, 3, 3]
    link, _ = archiving.reopen(link, START)
    assert left(started(link, "x")) == [2, 2, 2]


def test_an_archive_that_carried_twice_its_size_ends_as_undone() -> None:
    link = started(new_link(), "x")
    link, _ = archiving.progress(link, ALL, "x", Progress((0, MIB), (0, MIB), 97 * MIB), START)
    assert left(link) == [3, 3, 3]
    with pytest.raises(DownloadSpent):
        archiving.start(link, ALL, "x", START)


def test_archives_that_ended_without_a_byte_do_not_pile_up() -> None:
    link, now = new_link(), START
    for number in range(100):
        now += timedelta(seconds=90)
        link = started(link, f"{number}", now)
    assert MOST_IDLE <= len(link.archives) <= MOST_IDLE + 1
    assert "99" in link.archives
