"""Leases: what is taken, renewed, given back, done, and what stops those who never finish."""

import pytest

from services.contracts.download import FileDownloaded, FileSuspended
from services.download.domain import refusals
from services.download.domain.downloads import Download
from services.download.domain.refusals import (
    DownloadAlreadyDone,
    DownloadsExhausted,
    DownloadSpent,
    DownloadsRunning,
    LinkExpired,
)
from services.download.domain.shelf import MOST_UNDONE
from tests.unit.download.counter import MIB, START, Desk


def test_three_leases_and_not_a_fourth() -> None:
    desk = Desk()
    for id in "abc":
        desk.start(id)
    before = desk.link
    with pytest.raises(DownloadsRunning) as refusal:
        desk.start("d")
    assert refusal.value.members == {"done": 0, "running": 3}
    assert desk.link is before


def test_while_undone_downloads_hold_the_leases_that_are_left_the_refusal_says_when_one_is_free_again() -> None:
    desk = Desk()
    desk.start("done")
    desk.complete("done", 0, 10 * MIB)
    desk.start("a")
    desk.pass_time(seconds=20.5)
    desk.start("b")
    with pytest.raises(DownloadsRunning) as refusal:
        desk.start("c")
    assert refusal.value.retry_after_seconds == 70
    desk.pass_time(seconds=refusal.value.retry_after_seconds)
    desk.start("c")


def test_what_runs_inside_its_last_bytes_will_count_so_the_refusal_is_final() -> None:
    desk = Desk(limit=1)
    desk.start("a")
    desk.progress("a", 0, 10 * MIB - 1)
    with pytest.raises(DownloadsExhausted) as refusal:
        desk.start("b")
    assert refusal.value.members == {"done": 0, "running": 1}


def test_the_same_id_again_changes_nothing() -> None:
    desk = Desk()
    desk.start("a")
    before = desk.link
    desk.pass_time(seconds=30)
    desk.start("a")
    assert desk.link == before


def test_done_is_announced_once_and_counted() -> None:
    desk = Desk()
    desk.start("a")
    desk.complete("a", 0, 10 * MIB)
    desk.complete("a", 0, 10 * MIB)
    (event,) = desk.events
    assert isinstance(event, FileDownloaded)
    assert (event.times, event.recipient, event.file.path) == (1, "anne@mairie.example", "a.zip")
    assert (desk.standing("a"), desk.left) == ("done", 2)
    desk.start("b")
    desk.complete("b", 0, 10 * MIB)
    assert [event.times for event in desk.events if isinstance(event, FileDownloaded)] == [1, 2]


def test_a_whole_file_needs_every_byte() -> None:
    desk = Desk()
    desk.start("a")
    desk.complete("a", 0, 4 * MIB)
    desk.complete("a", 4 * MIB + 1, 10 * MIB)
    assert desk.standing("a") == "running"
    desk.complete("a", 4 * MIB, 4 * MIB + 1)
    assert desk.standing("a") == "done"


def test_a_lease_lives_ninety_seconds_after_the_last_byte() -> None:
    desk = Desk()
    desk.start("a")
    desk.pass_time(seconds=80)
    desk.progress("a", 0, MIB)
    desk.pass_time(seconds=89)
    assert desk.standing("a") == "running"
    desk.pass_time(seconds=1)
    assert (desk.standing("a"), desk.left) == ("dead", 3)


def test_who_goes_on_in_the_middle_has_what_lies_before() -> None:
    desk = Desk()
    desk.start("a")
    desk.progress("a", 0, 5 * MIB, arrived=MIB)
    desk.fetch("a", start=5 * MIB - 7)
    desk.complete("a", 5 * MIB - 7, 10 * MIB)
    assert desk.standing("a") == "done"


def test_who_went_on_before_the_break_was_noticed_has_what_lies_before() -> None:
    desk = Desk()
    desk.start("a")
    desk.fetch("a")
    desk.fetch("a", 3 * MIB)
    desk.complete("a", 3 * MIB, 10 * MIB)
    assert desk.standing("a") == "running"
    desk.broken("a", 0, 4 * MIB, arrived=0)
    assert desk.standing("a") == "done"


def test_where_an_earlier_attempt_had_begun_confirms_nothing() -> None:
    desk = Desk()
    desk.start("a")
    desk.fetch("a", 3 * MIB)
    desk.complete("a", 3 * MIB, 10 * MIB)
    desk.fetch("a")
    desk.broken("a", 0, 4 * MIB, arrived=0)
    assert desk.standing("a") == "running"


def test_who_begins_again_elsewhere_confirms_nothing() -> None:
    desk = Desk()
    desk.start("a")
    desk.progress("a", 0, 5 * MIB, arrived=MIB)
    desk.fetch("a", start=6 * MIB)
    desk.complete("a", 6 * MIB, 10 * MIB)
    assert desk.standing("a") == "running"


def test_inside_the_last_mebibyte_it_stays_open_for_half_an_hour_and_then_counts() -> None:
    desk = Desk()
    desk.start("a")
    desk.progress("a", 0, 9 * MIB, arrived=5 * MIB)
    desk.give_back("a")
    desk.pass_time(minutes=29)
    assert desk.standing("a") == "running"
    assert desk.link.settles_at is not None
    desk.pass_time(minutes=1)
    assert (desk.standing("a"), desk.left) == ("done", 2)
    desk.settle()
    desk.settle()
    assert len(desk.events) == 1
    assert desk.link.settles_at is None


def test_resumed_in_time_it_is_done_at_once() -> None:
    desk = Desk()
    desk.start("a")
    desk.progress("a", 0, 10 * MIB, arrived=6 * MIB)
    desk.pass_time(minutes=29)
    desk.fetch("a", start=8 * MIB)
    desk.complete("a", 8 * MIB, 10 * MIB)
    assert len(desk.events) == 1


def test_a_given_back_download_may_be_taken_up_again() -> None:
    desk = Desk()
    desk.start("a")
    desk.progress("a", 0, 5 * MIB)
    desk.give_back("a")
    assert desk.left == 3
    desk.fetch("a", start=5 * MIB)
    desk.complete("a", 5 * MIB, 10 * MIB)
    assert desk.standing("a") == "done"


def test_bytes_sent_after_giving_back_are_booked_and_stop() -> None:
    desk = Desk()
    desk.start("a")
    desk.fetch("a")
    desk.give_back("a")
    desk.start("b")
    desk.progress("a", 0, 3 * MIB)
    assert desk.link.shelves["f"].downloads["a"].sent_bytes == 3 * MIB
    assert desk.standing("a") == "given-back"


def test_no_fourth_slot_for_a_dead_lease_that_still_sends() -> None:
    desk = Desk()
    desk.start("a")
    desk.fetch("a")
    desk.pass_time(seconds=90)
    for id in "bcd":
        desk.start(id)
    desk.progress("a", 0, MIB)
    assert desk.standing("a") == "given-back"


def test_bytes_that_all_left_count_although_their_lease_was_dead_when_they_were_booked() -> None:
    desk = Desk()
    desk.start("a")
    desk.fetch("a")
    desk.pass_time(seconds=90)
    for id in "bcd":
        desk.start(id)
    desk.broken("a", 0, 10 * MIB, arrived=6 * MIB)
    assert (desk.standing("a"), desk.left) == ("running", 0), "for half an hour its reader may come back"
    desk.pass_time(minutes=30)
    desk.settle()
    assert (desk.standing("a"), len(desk.events)) == ("done", 1)


def test_bytes_that_all_left_before_it_was_given_back_count() -> None:
    desk = Desk()
    desk.start("a")
    desk.fetch("a")
    desk.give_back("a")
    desk.complete("a", 0, 10 * MIB)
    assert (desk.standing("a"), desk.left) == ("done", 2)


def test_a_download_that_carried_too_much_counts_if_nothing_of_it_is_missing() -> None:
    desk = Desk()
    desk.start("a")
    for _ in range(20):
        desk.broken("a", 0, 4 * MIB, arrived=4 * MIB)
    desk.broken("a", 4 * MIB, 10 * MIB, arrived=6 * MIB)
    assert (desk.standing("a"), len(desk.events)) == ("done", 1)


def test_bytes_that_may_not_leave_any_more_are_not_reserved() -> None:
    desk = Desk()
    desk.start("a")
    desk.fetch("a")
    desk.pass_time(seconds=90)
    for id in "bcd":
        desk.start(id)
    desk.progress("a", 0, 3 * MIB)
    one = desk.link.shelves["f"].downloads["a"]
    assert one.handed == ((0, 3 * MIB),)
    assert [get.reserved for get in one.gets.values()] == [(3 * MIB, 3 * MIB)]


def test_failing_is_free_however_often() -> None:
    desk = Desk()
    for number in range(95):
        desk.start(str(number))
        desk.complete(str(number), 0, 9 * MIB - 1)
        desk.give_back(str(number))
    assert (desk.left, desk.suspended, desk.events) == (3, False, [])
    assert len(desk.link.shelves["f"].downloads) <= MOST_UNDONE + 1, "and nothing piles up"


def test_a_hundred_times_the_file_and_some_suspends_and_the_sender_is_told_each_time() -> None:
    desk = Desk(size_bytes=1024 * MIB)

    def until_suspended() -> int:
        for number in range(1000):
            desk.start(f"{number} {desk.now}")
            desk.complete(f"{number} {desk.now}", 0, 900 * MIB)
            desk.give_back(f"{number} {desk.now}")
            if desk.suspended:
                return number + 1
        raise AssertionError("never")

    assert until_suspended() == 101 * 1024 // 900 + 1
    (event,) = desk.events
    assert isinstance(event, FileSuspended)
    assert (event.recipient, event.file, event.suspended_at) == (desk.link.recipient.address, desk.line, desk.now)
    with pytest.raises(refusals.FileSuspended):
        desk.start("one more")
    desk.settle()
    desk.pass_time(minutes=1)
    desk.apply(lambda link, now: link.reopen("f", now))
    assert (desk.suspended, len(desk.events)) == (False, 1)
    until_suspended()
    assert len(desk.events) == 2


def test_starting_without_taking_a_byte_never_suspends() -> None:
    desk = Desk()
    for number in range(200):
        desk.start(str(number))
        desk.give_back(str(number))
    assert not desk.suspended
    assert len(desk.link.shelves["f"].downloads) <= 2, "and nothing piles up"


def test_a_download_that_carries_the_file_over_and_over_ends_undone() -> None:
    desk = Desk()
    desk.start("a")
    for _ in range(22):
        desk.broken("a", 0, 4 * MIB, arrived=4 * MIB)
    assert desk.standing("a") == "given-back"
    with pytest.raises(DownloadSpent):
        desk.fetch("a")
    assert desk.left == 3


def test_a_done_download_is_not_given_again() -> None:
    desk = Desk(size_bytes=17 * MIB)
    desk.start("a")
    desk.complete("a", 0, 17 * MIB)
    desk.start("a")
    for start in (0, 1, 17 * MIB // 2 - 1):
        with pytest.raises(DownloadAlreadyDone):
            desk.fetch("a", start)


@pytest.mark.parametrize("ends_well", [True, False])
def test_a_small_download_may_be_fetched_again_from_its_start_twice_and_counts_once(ends_well: bool) -> None:
    desk = Desk(size_bytes=300_000)
    desk.start("a")
    for _ in range(3):
        desk.broken("a", 0, 300_000, arrived=300_000 if ends_well else 0)
        assert desk.left == 2
    if ends_well:
        with pytest.raises(DownloadAlreadyDone):
            desk.fetch("a")
    else:
        desk.broken("a", 0, 300_000, arrived=0)
        assert desk.left == 1


def test_a_second_program_that_asks_before_the_first_has_let_go_costs_nothing() -> None:
    desk = Desk(size_bytes=5 * MIB)
    desk.start("a")
    desk.fetch("a")
    first = desk.gets.pop(("a", 0))
    desk.complete("a", 0, 5 * MIB)
    desk.gets["a", 0] = first
    desk.broken("a", 0, 5 * MIB, arrived=MIB)
    assert (desk.left, len(desk.events)) == (2, 1)


def test_the_end_of_a_done_download_is_had_again_for_half_an_hour() -> None:
    desk = Desk()
    desk.start("a")
    desk.complete("a", 0, 10 * MIB)
    desk.pass_time(minutes=29, seconds=59)
    desk.fetch("a", 5 * MIB)
    desk.complete("a", 5 * MIB, 10 * MIB)
    assert (desk.standing("a"), desk.left, len(desk.events)) == ("done", 2, 1)
    desk.pass_time(seconds=1)
    with pytest.raises(DownloadAlreadyDone):
        desk.fetch("a", 5 * MIB)


def test_the_end_of_a_done_download_is_not_had_for_ever() -> None:
    desk = Desk()
    desk.start("a")
    desk.complete("a", 0, 10 * MIB)
    for _ in range(15):  # as much as twice the file and 64 MiB more
        desk.fetch("a", 5 * MIB)
        desk.complete("a", 5 * MIB, 10 * MIB)
    with pytest.raises(DownloadAlreadyDone):
        desk.fetch("a", 5 * MIB)


def test_the_tail_of_a_large_file_is_64_mib() -> None:
    done = Download.unbegun(900 * MIB, START).model_copy(update={"state": "done", "ended_at": START})
    assert done.finishes(836 * MIB, START)
    assert not done.finishes(836 * MIB - 1, START)


def test_after_the_end_no_lease_is_taken_and_a_living_one_goes_on() -> None:
    desk = Desk()
    desk.pass_time(days=7, seconds=-10)
    desk.start("a")
    desk.start("b")
    desk.pass_time(seconds=10)
    with pytest.raises(LinkExpired):
        desk.start("c")
    desk.fetch("a")
    desk.complete("a", 0, 10 * MIB)
    desk.pass_time(seconds=90)
    with pytest.raises(LinkExpired):
        desk.fetch("b")
