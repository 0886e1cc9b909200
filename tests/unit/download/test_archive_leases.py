"""An archive holds a lease on each of its files, and counts on each when it is whole."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.contracts.download import FileDownloaded
from services.contracts.values import FileSummary
from services.download.domain.archive import MAX_ENDED, ArchiveContents, refusal_to_start_archive
from services.download.domain.coverage import ByteCounts, counted
from services.download.domain.download import GetProgress, GetStart
from services.download.domain.link import ArchiveAttempt, Decision, FileAttempt, Link
from services.download.domain.refusals import (
    DownloadAlreadyDone,
    DownloadsExhausted,
    DownloadSpent,
    DownloadsRunning,
    DownloadsSuspended,
    LinkExpired,
)
from tests.unit.download.link_driver import MIB, START, new_link

SECOND = timedelta(seconds=1)
FILES = {name: FileSummary(path=f"{name}.pdf", size_bytes=5 * MIB) for name in "abc"}
OFFSETS = {"a": 0, "b": 5 * MIB, "c": 10 * MIB}
ALL = ArchiveContents(FILES, OFFSETS, 16 * MIB)


def started(link: Link, id: str, now: datetime = START, files: str = "abc") -> Link:
    contents = ArchiveContents({name: FILES[name] for name in files}, {name: OFFSETS[name] for name in files}, 16 * MIB)
    return ArchiveAttempt(contents, id).start(link, now)[0]


def fetched(link: Link, id: str, start: int, stop: int, now: datetime = START) -> Link:
    begun = GetStart(f"{start}-{stop}", (start * MIB, stop * MIB), start * MIB + 1)
    return ArchiveAttempt(ALL, id).fetch(link, begun, now)[0]


def ended(link: Link, id: str, start: int, stop: int, now: datetime = START, upto: int | None = None) -> Decision:
    at = (stop if upto is None else upto) * MIB
    return ArchiveAttempt(ALL, id).progress(link, GetProgress(f"{start}-{stop}", at, at), now)


def sent(link: Link, id: str, start: int, stop: int, now: datetime = START) -> Decision:
    return ended(fetched(link, id, start, stop, now), id, start, stop, now)


def left(link: Link, now: datetime = START) -> list[int]:
    return [link.quota(file, name).left(now) for name, file in FILES.items()]


def test_the_last_byte_of_the_archive_counts_on_every_file_and_tells_each_once() -> None:
    link, events = sent(started(new_link(), "x"), "x", 0, 15)
    assert (left(link), events) == ([2, 2, 2], [])
    link, events = sent(link, "x", 15, 16)
    assert [event.file.path for event in events if isinstance(event, FileDownloaded)] == ["a.pdf", "b.pdf", "c.pdf"]
    assert (left(link), link.files_downloaded(START), link.busy_until) == ([2, 2, 2], 3, None)
    with pytest.raises(DownloadAlreadyDone):
        fetched(fetched(fetched(link, "x", 0, 16), "x", 0, 16), "x", 0, 16, START + timedelta(minutes=30))
    assert ArchiveAttempt(ALL, "x").start(link, START)[0].archives == link.archives


def test_one_file_without_a_free_lease_refuses_all_and_takes_nothing() -> None:
    link = new_link()
    for id in "123":
        link, _ = FileAttempt(FILES["b"], "b", id).start(link, START)
    with pytest.raises(DownloadsRunning) as refused:
        ArchiveAttempt(ALL, "x").start(link, START)
    assert refused.value.members == {"files": ["b"]}
    assert refused.value.retry_after_seconds == 90
    assert left(started(link, "x", files="ac")) == [2, 0, 2]


def test_archives_and_files_share_the_same_three() -> None:
    link = started(started(new_link(), "x"), "y", files="ab")
    link, _ = FileAttempt(FILES["a"], "a", "1").start(link, START)
    assert left(link) == [0, 1, 2]
    with pytest.raises(DownloadsRunning):
        FileAttempt(FILES["a"], "a", "2").start(link, START)


def test_all_leases_are_renewed_and_end_together() -> None:
    link = started(new_link(), "x")
    later = START + timedelta(seconds=80)
    link = fetched(link, "x", 0, 16, later)
    assert left(link, later + timedelta(seconds=89)) == [2, 2, 2]
    assert left(link, later + timedelta(seconds=90)) == [3, 3, 3]


def test_a_file_that_ran_out_meanwhile_keeps_an_archive_whose_lease_has_ended_from_going_on() -> None:
    link, _ = sent(started(new_link(limit=1), "x"), "x", 0, 8)
    link = fetched(link, "x", 8, 16)
    later = START + timedelta(seconds=90)
    link, _ = FileAttempt(FILES["c"], "c", "1").start(link, later)
    with pytest.raises(DownloadsRunning) as refused:
        fetched(link, "x", 9, 16, later)
    assert refused.value.members == {"files": ["c"]}
    link, _ = ended(link, "x", 8, 16, later, upto=9)
    assert link.archives["x"].state == "given-back"
    assert left(link, later) == [0, 1, 0], "all of the first file has left"


def test_an_archive_that_broke_inside_its_last_mib_counts_even_when_another_file_is_written_first() -> None:
    link, _ = sent(started(new_link(), "x"), "x", 0, 15)
    later = START + timedelta(minutes=31)
    link, _ = FileAttempt(FILES["a"], "a", "1").start(link, later)
    assert link.settles_at is not None
    assert link.settles_at <= later
    link, events = link.settle(later)
    assert len(events) == 3
    assert left(link, later) == [1, 2, 2]


def test_after_the_end_a_running_archive_goes_on_and_no_new_one_begins() -> None:
    link = started(new_link(), "x", START + timedelta(days=7, seconds=-1))
    over = START + timedelta(days=7)
    fetched(link, "x", 0, 16, over)
    with pytest.raises(LinkExpired):
        ArchiveAttempt(ALL, "y").start(link, over)
    with pytest.raises(LinkExpired):
        fetched(link, "x", 0, 16, over + timedelta(seconds=90))


def test_a_suspended_file_suspends_archives_that_hold_it_and_says_which() -> None:
    link = started(new_link(), "x", files="ac").with_quotas({"b": FILES["b"]})
    link = link.evolve(quotas={**link.quotas, "b": link.quotas["b"].model_copy(update={"sent_bytes": 2000 * MIB})})
    with pytest.raises(DownloadsSuspended) as refused:
        ArchiveAttempt(ALL, "y").start(link, START)
    assert refused.value.members == {"files": ["b"]}


def test_ranges_of_an_archive_give_no_more_copies_of_a_small_file() -> None:
    link, copies = new_link(), 0
    for number in range(40):
        try:
            link = fetched(started(link, f"{number}"), f"{number}", 0, 5)
        except DownloadsExhausted:
            break
        link, _ = ended(link, f"{number}", 0, 5)
        link, _ = ArchiveAttempt(ALL, f"{number}").give_back(link, START)
        copies += 1
    assert (copies, left(link)) == (3, [0, 3, 3])


def test_a_connection_that_breaks_within_small_files_costs_one_of_three() -> None:
    link = started(new_link(limit=1), "x")
    for start, upto in ((0, 7), (3, 9), (8, 14), (12, 15), (13, 16)):
        link, events = ended(fetched(link, "x", start, 16), "x", start, 16, upto=upto)
    assert (left(link), len(events)) == ([0, 0, 0], 3)


def test_an_archive_that_carried_twice_its_size_ends_as_undone() -> None:
    link = started(new_link(), "x")
    for _ in range(25):
        link, _ = sent(link, "x", 0, 4)
    assert left(link) == [3, 3, 3]
    with pytest.raises(DownloadSpent):
        ArchiveAttempt(ALL, "x").start(link, START)


def test_archives_that_ended_without_a_byte_do_not_pile_up() -> None:
    link, now = new_link(), START
    for number in range(100):
        now += timedelta(seconds=90)
        link = started(link, f"{number}", now)
    assert MAX_ENDED <= len(link.archives) <= MAX_ENDED + 1
    assert "99" in link.archives


def test_looking_at_a_thousand_files_computes_what_each_archive_owes_once(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {str(n): FileSummary(path=f"{n}.txt", size_bytes=2000) for n in range(1000)}
    contents = ArchiveContents(files, {id: n * 2100 for n, id in enumerate(files)}, 1000 * 2100)
    link = new_link()
    for id in "xy":
        link = ArchiveAttempt(contents, id).start(link, START)[0]
    sweeps: list[int] = []

    def counting(*given: Any) -> ByteCounts:
        sweeps.append(1)
        return counted(*given)

    monkeypatch.setattr("services.download.domain.download.counted", counting)
    quotas = link.quotas_of(link.quotas)
    assert {quota.left(START) for quota in quotas.values()} == {1}
    assert refusal_to_start_archive(quotas, START) is None
    assert len(sweeps) == len(link.archives)


def test_the_next_start_is_when_enough_of_what_runs_has_lapsed() -> None:
    link = new_link()
    for n, id in enumerate("xyz"):
        link = started(link, id, START + n * SECOND)
    quota = link.quotas_of("a")["a"]
    assert quota.free_at(START + 3 * SECOND) == START + timedelta(seconds=90)
    assert quota.free_at(START + timedelta(seconds=90)) == START + timedelta(seconds=91)
