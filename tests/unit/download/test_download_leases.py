"""Leases: they are taken, renewed, given back and done, and a client that never finishes is stopped."""

import pytest

from services.contracts.download import FileDownloaded, FileSuspended
from services.download.domain import refusals
from services.download.domain.download import Download
from services.download.domain.quota import MAX_UNFINISHED
from services.download.domain.refusals import (
    DownloadAlreadyDone,
    DownloadsExhausted,
    DownloadSpent,
    DownloadsRunning,
    LinkExpired,
)
from tests.unit.download.link_driver import MIB, START, LinkDriver


def test_three_leases_and_not_a_fourth() -> None:
    driver = LinkDriver()
    for id in "abc":
        driver.start(id)
    before = driver.link
    with pytest.raises(DownloadsRunning) as refusal:
        driver.start("d")
    assert refusal.value.members == {"done": 0, "running": 3}
    assert driver.link is before


def test_while_undone_downloads_hold_the_leases_that_are_left_the_refusal_says_when_one_is_free_again() -> None:
    driver = LinkDriver()
    driver.start("done")
    driver.complete("done", 0, 10 * MIB)
    driver.start("a")
    driver.pass_time(seconds=20.5)
    driver.start("b")
    with pytest.raises(DownloadsRunning) as refusal:
        driver.start("c")
    assert refusal.value.retry_after_seconds == 70
    driver.pass_time(seconds=refusal.value.retry_after_seconds)
    driver.start("c")


def test_what_runs_inside_its_last_bytes_will_count_so_the_refusal_is_final() -> None:
    driver = LinkDriver(limit=1)
    driver.start("a")
    driver.progress("a", 0, 10 * MIB - 1)
    with pytest.raises(DownloadsExhausted) as refusal:
        driver.start("b")
    assert refusal.value.members == {"done": 0, "running": 1}


def test_the_same_id_again_changes_nothing() -> None:
    driver = LinkDriver()
    driver.start("a")
    before = driver.link
    driver.pass_time(seconds=30)
    driver.start("a")
    assert driver.link == before


def test_done_is_announced_once_and_counted() -> None:
    driver = LinkDriver()
    driver.start("a")
    driver.complete("a", 0, 10 * MIB)
    driver.complete("a", 0, 10 * MIB)
    (event,) = driver.events
    assert isinstance(event, FileDownloaded)
    assert (event.times, event.recipient, event.file.path) == (1, "anne@mairie.example", "a.zip")
    assert (driver.state_of("a"), driver.left) == ("done", 2)
    driver.start("b")
    driver.complete("b", 0, 10 * MIB)
    assert [event.times for event in driver.events if isinstance(event, FileDownloaded)] == [1, 2]


def test_a_whole_file_needs_every_byte() -> None:
    driver = LinkDriver()
    driver.start("a")
    driver.complete("a", 0, 4 * MIB)
    driver.complete("a", 4 * MIB + 1, 10 * MIB)
    assert driver.state_of("a") == "running"
    driver.complete("a", 4 * MIB, 4 * MIB + 1)
    assert driver.state_of("a") == "done"


def test_a_lease_lives_ninety_seconds_after_the_last_byte() -> None:
    driver = LinkDriver()
    driver.start("a")
    driver.pass_time(seconds=80)
    driver.progress("a", 0, MIB)
    driver.pass_time(seconds=89)
    assert driver.state_of("a") == "running"
    driver.pass_time(seconds=1)
    assert (driver.state_of("a"), driver.left) == ("expired", 3)


def test_a_client_that_goes_on_in_the_middle_has_what_lies_before() -> None:
    driver = LinkDriver()
    driver.start("a")
    driver.progress("a", 0, 5 * MIB, delivered=MIB)
    driver.fetch("a", start=5 * MIB - 7)
    driver.complete("a", 5 * MIB - 7, 10 * MIB)
    assert driver.state_of("a") == "done"


def test_a_client_that_went_on_before_the_break_was_noticed_has_what_lies_before() -> None:
    driver = LinkDriver()
    driver.start("a")
    driver.fetch("a")
    driver.fetch("a", 3 * MIB)
    driver.complete("a", 3 * MIB, 10 * MIB)
    assert driver.state_of("a") == "running"
    driver.abort("a", 0, 4 * MIB, delivered=0)
    assert driver.state_of("a") == "done"


def test_where_an_earlier_get_had_begun_confirms_nothing() -> None:
    driver = LinkDriver()
    driver.start("a")
    driver.fetch("a", 3 * MIB)
    driver.complete("a", 3 * MIB, 10 * MIB)
    driver.fetch("a")
    driver.abort("a", 0, 4 * MIB, delivered=0)
    assert driver.state_of("a") == "running"


def test_a_client_that_begins_again_elsewhere_confirms_nothing() -> None:
    driver = LinkDriver()
    driver.start("a")
    driver.progress("a", 0, 5 * MIB, delivered=MIB)
    driver.fetch("a", start=6 * MIB)
    driver.complete("a", 6 * MIB, 10 * MIB)
    assert driver.state_of("a") == "running"


def test_inside_the_last_mebibyte_it_stays_open_for_half_an_hour_and_then_counts() -> None:
    driver = LinkDriver()
    driver.start("a")
    driver.progress("a", 0, 9 * MIB, delivered=5 * MIB)
    driver.give_back("a")
    driver.pass_time(minutes=29)
    assert driver.state_of("a") == "running"
    assert driver.link.settles_at is not None
    driver.pass_time(minutes=1)
    assert (driver.state_of("a"), driver.left) == ("done", 2)
    driver.settle()
    driver.settle()
    assert len(driver.events) == 1
    assert driver.link.settles_at is None


def test_resumed_in_time_it_is_done_at_once() -> None:
    driver = LinkDriver()
    driver.start("a")
    driver.progress("a", 0, 10 * MIB, delivered=6 * MIB)
    driver.pass_time(minutes=29)
    driver.fetch("a", start=8 * MIB)
    driver.complete("a", 8 * MIB, 10 * MIB)
    assert len(driver.events) == 1


def test_a_given_back_download_may_be_taken_up_again() -> None:
    driver = LinkDriver()
    driver.start("a")
    driver.progress("a", 0, 5 * MIB)
    driver.give_back("a")
    assert driver.left == 3
    driver.fetch("a", start=5 * MIB)
    driver.complete("a", 5 * MIB, 10 * MIB)
    assert driver.state_of("a") == "done"


def test_bytes_sent_after_giving_back_are_recorded_and_stop() -> None:
    driver = LinkDriver()
    driver.start("a")
    driver.fetch("a")
    driver.give_back("a")
    driver.start("b")
    driver.progress("a", 0, 3 * MIB)
    assert driver.link.quotas["f"].downloads["a"].sent_bytes == 3 * MIB
    assert driver.state_of("a") == "given-back"


def test_a_download_that_sends_after_its_lease_has_ended_gets_no_fourth_lease() -> None:
    driver = LinkDriver()
    driver.start("a")
    driver.fetch("a")
    driver.pass_time(seconds=90)
    for id in "bcd":
        driver.start(id)
    driver.progress("a", 0, MIB)
    assert driver.state_of("a") == "given-back"


def test_a_download_handed_out_whole_counts_although_its_lease_had_ended_when_that_was_recorded() -> None:
    driver = LinkDriver()
    driver.start("a")
    driver.fetch("a")
    driver.pass_time(seconds=90)
    for id in "bcd":
        driver.start(id)
    driver.abort("a", 0, 10 * MIB, delivered=6 * MIB)
    assert (driver.state_of("a"), driver.left) == ("running", 0), "for half an hour its client may come back"
    driver.pass_time(minutes=30)
    driver.settle()
    assert (driver.state_of("a"), len(driver.events)) == ("done", 1)


def test_a_download_handed_out_whole_before_it_was_given_back_counts() -> None:
    driver = LinkDriver()
    driver.start("a")
    driver.fetch("a")
    driver.give_back("a")
    driver.complete("a", 0, 10 * MIB)
    assert (driver.state_of("a"), driver.left) == ("done", 2)


def test_a_download_that_carried_too_much_counts_if_nothing_of_it_is_missing() -> None:
    driver = LinkDriver()
    driver.start("a")
    for _ in range(20):
        driver.abort("a", 0, 4 * MIB, delivered=4 * MIB)
    driver.abort("a", 4 * MIB, 10 * MIB, delivered=6 * MIB)
    assert (driver.state_of("a"), len(driver.events)) == ("done", 1)


def test_bytes_that_may_not_be_handed_out_any_more_are_not_reserved() -> None:
    driver = LinkDriver()
    driver.start("a")
    driver.fetch("a")
    driver.pass_time(seconds=90)
    for id in "bcd":
        driver.start(id)
    driver.progress("a", 0, 3 * MIB)
    one = driver.link.quotas["f"].downloads["a"]
    assert one.handed_out == ((0, 3 * MIB),)
    assert [get.reserved for get in one.gets.values()] == [(3 * MIB, 3 * MIB)]


def test_failing_is_free_however_often() -> None:
    driver = LinkDriver()
    for number in range(95):
        driver.start(str(number))
        driver.complete(str(number), 0, 9 * MIB - 1)
        driver.give_back(str(number))
    assert (driver.left, driver.suspended, driver.events) == (3, False, [])
    assert len(driver.link.quotas["f"].downloads) <= MAX_UNFINISHED + 1, "and nothing piles up"


def test_a_hundred_times_the_file_and_some_suspends_and_the_sender_is_told_each_time() -> None:
    driver = LinkDriver(size_bytes=1024 * MIB)

    def until_suspended() -> int:
        for number in range(1000):
            driver.start(f"{number} {driver.now}")
            driver.complete(f"{number} {driver.now}", 0, 900 * MIB)
            driver.give_back(f"{number} {driver.now}")
            if driver.suspended:
                return number + 1
        raise AssertionError("never")

    assert until_suspended() == 101 * 1024 // 900 + 1
    (event,) = driver.events
    assert isinstance(event, FileSuspended)
    assert (event.recipient, event.file, event.suspended_at) == (driver.link.recipient.address, driver.file, driver.now)
    with pytest.raises(refusals.DownloadsSuspended):
        driver.start("one more")
    driver.settle()
    driver.pass_time(minutes=1)
    driver.apply(lambda link, now: link.reopen("f", now))
    assert (driver.suspended, len(driver.events)) == (False, 1)
    until_suspended()
    assert len(driver.events) == 2


def test_starting_without_taking_a_byte_never_suspends() -> None:
    driver = LinkDriver()
    for number in range(200):
        driver.start(str(number))
        driver.give_back(str(number))
    assert not driver.suspended
    assert len(driver.link.quotas["f"].downloads) <= 2, "and nothing piles up"


def test_a_download_that_carries_the_file_over_and_over_ends_undone() -> None:
    driver = LinkDriver()
    driver.start("a")
    for _ in range(22):
        driver.abort("a", 0, 4 * MIB, delivered=4 * MIB)
    assert driver.state_of("a") == "given-back"
    with pytest.raises(DownloadSpent):
        driver.fetch("a")
    assert driver.left == 3


def test_a_done_download_is_not_given_again() -> None:
    driver = LinkDriver(size_bytes=17 * MIB)
    driver.start("a")
    driver.complete("a", 0, 17 * MIB)
    driver.start("a")
    for start in (0, 1, 17 * MIB // 2 - 1):
        with pytest.raises(DownloadAlreadyDone):
            driver.fetch("a", start)


@pytest.mark.parametrize("ends_well", [True, False])
def test_a_small_download_may_be_fetched_again_from_its_start_twice_and_counts_once(ends_well: bool) -> None:
    driver = LinkDriver(size_bytes=300_000)
    driver.start("a")
    for _ in range(3):
        driver.abort("a", 0, 300_000, delivered=300_000 if ends_well else 0)
        assert driver.left == 2
    if ends_well:
        with pytest.raises(DownloadAlreadyDone):
            driver.fetch("a")
    else:
        driver.abort("a", 0, 300_000, delivered=0)
        assert driver.left == 1


def test_a_second_program_that_begins_before_the_first_has_ended_costs_nothing() -> None:
    driver = LinkDriver(size_bytes=5 * MIB)
    driver.start("a")
    driver.fetch("a")
    first = driver.gets.pop(("a", 0))
    driver.complete("a", 0, 5 * MIB)
    driver.gets["a", 0] = first
    driver.abort("a", 0, 5 * MIB, delivered=MIB)
    assert (driver.left, len(driver.events)) == (2, 1)


def test_the_tail_of_a_done_download_can_be_fetched_again_for_half_an_hour() -> None:
    driver = LinkDriver()
    driver.start("a")
    driver.complete("a", 0, 10 * MIB)
    driver.pass_time(minutes=29, seconds=59)
    driver.fetch("a", 5 * MIB)
    driver.complete("a", 5 * MIB, 10 * MIB)
    assert (driver.state_of("a"), driver.left, len(driver.events)) == ("done", 2, 1)
    driver.pass_time(seconds=1)
    with pytest.raises(DownloadAlreadyDone):
        driver.fetch("a", 5 * MIB)


def test_the_tail_of_a_done_download_cannot_be_fetched_for_ever() -> None:
    driver = LinkDriver()
    driver.start("a")
    driver.complete("a", 0, 10 * MIB)
    for _ in range(15):  # as much as twice the file and 64 MiB more
        driver.fetch("a", 5 * MIB)
        driver.complete("a", 5 * MIB, 10 * MIB)
    with pytest.raises(DownloadAlreadyDone):
        driver.fetch("a", 5 * MIB)


def test_the_tail_of_a_large_file_is_64_mib() -> None:
    done = Download.new(900 * MIB, START).model_copy(update={"state": "done", "ended_at": START})
    assert done.serves_again(836 * MIB, START)
    assert not done.serves_again(836 * MIB - 1, START)


def test_after_the_end_no_lease_is_taken_and_a_running_one_goes_on() -> None:
    driver = LinkDriver()
    driver.pass_time(days=7, seconds=-10)
    driver.start("a")
    driver.start("b")
    driver.pass_time(seconds=10)
    with pytest.raises(LinkExpired):
        driver.start("c")
    driver.fetch("a")
    driver.complete("a", 0, 10 * MIB)
    driver.pass_time(seconds=90)
    with pytest.raises(LinkExpired):
        driver.fetch("b")
