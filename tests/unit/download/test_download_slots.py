"""The counter has so many places and so much memory, and shares of both for links, networks and newcomers."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from services.download.domain.refusals import TooManyDownloads
from services.download.streaming.limiter import DownloadLimiter, Preempted, Slot
from services.download.streaming.slots import SlotLimits, SlotUse, make_way
from services.download.streaming.throughput import (
    FIRST_CHUNK,
    LEAST_BYTES_PER_SECOND,
    MEASURED_SECONDS,
    Throughput,
    next_chunk,
)

MIB = 1024 * 1024
BOUNDS = SlotLimits(places=48, places_per_link=8, memory_bytes=768, network_share=0.5)
HONEST_BYTES_PER_SECOND = 64_000
ATTACKER = "203.0.113.1"


def silent() -> Throughput:
    """A reader whose buffers on the way took 7 MiB, and who has been waited for since."""
    pace = Throughput()
    pace.begins(0.0)
    pace.ends(0.1, 7 * MIB)
    pace.begins(0.1)
    return pace


def taken(bounds: SlotLimits, *askers: SlotUse, now: float = 0.0) -> tuple[list[SlotUse], list[SlotUse]]:
    """Who holds a place after they asked one after the other, and who was refused."""
    held, refused = list[SlotUse](), list[SlotUse]()
    for one in askers:
        try:
            held = [other for other in held if other not in make_way(bounds, held, one, now)] + [one]
        except TooManyDownloads:
            refused.append(one)
    return held, refused


def test_ten_links_of_one_network_leave_half_of_the_places() -> None:
    attack = [SlotUse(f"link {n // 8}", ATTACKER, 16) for n in range(80)]
    held, refused = taken(BOUNDS, *attack)
    assert (len(held), len(refused)) == (24, 56)
    everybody = [SlotUse(f"other {n}", f"198.51.100.{n}", 16) for n in range(24)]
    assert taken(BOUNDS, *held, *everybody) == ([*held, *everybody], [])


def test_a_quarter_is_kept_for_networks_that_hold_nothing() -> None:
    attack = [SlotUse(f"link {n}", f"203.0.113.{n % 3}", 16) for n in range(80)]
    held, refused = taken(BOUNDS, *attack)
    assert len(held) == 36
    newcomers = [SlotUse(f"other {n}", f"198.51.100.{n}", 16) for n in range(13)]
    held, refused = taken(BOUNDS, *held, *newcomers)
    assert (len(held), refused) == (48, newcomers[12:])


def test_a_share_is_one_of_memory_too() -> None:
    large = [SlotUse(f"link {n}", ATTACKER, 100) for n in range(6)]
    assert taken(BOUNDS, *large) == (large[:3], large[3:])


def test_places_are_bounded_for_each_link() -> None:
    held, refused = taken(BOUNDS, *[SlotUse("link", f"203.0.113.{n}", 1) for n in range(9)])
    assert (len(held), len(refused)) == (8, 1)


def test_memory_is_bounded_and_the_largest_part_still_gets_through_alone() -> None:
    alone = SlotUse("a", "203.0.113.1", 5000)
    assert taken(BOUNDS, alone, SlotUse("b", "203.0.113.2", 1))[0] == [alone]


def test_when_all_is_taken_the_slowest_reader_makes_room_for_a_newcomer() -> None:
    everywhere = [SlotUse(f"link {n}", f"203.0.113.{n}", 16, silent()) for n in range(48)]
    for one in everywhere[:7] + everywhere[8:]:
        one.pace.ends(20.0, 16 * 1024)
        one.pace.begins(20.0)
    newcomer = SlotUse("other", "198.51.100.1", 16)
    assert make_way(BOUNDS, everywhere, newcomer, now=31.0) == [everywhere[7]]
    with pytest.raises(TooManyDownloads):
        make_way(BOUNDS, everywhere, newcomer, now=0.1 + MEASURED_SECONDS / 3)


def test_as_many_make_room_as_the_newcomers_parts_need_and_nobody_in_vain() -> None:
    everywhere = [SlotUse(f"link {n}", f"203.0.113.{n}", 16, silent()) for n in range(48)]
    assert len(make_way(BOUNDS, everywhere, SlotUse("other", "198.51.100.1", 40), now=31.0)) == 3
    honest = [SlotUse(f"link {n}", f"203.0.113.{n}", 16) for n in range(48)]
    with pytest.raises(TooManyDownloads):
        make_way(BOUNDS, [*honest[:47], everywhere[0]], SlotUse("other", "198.51.100.1", 40), now=31.0)


def test_nobody_who_holds_something_ends_the_response_of_somebody_else() -> None:
    held = [SlotUse(f"link {n}", f"203.0.113.{n % 3}", 16, silent()) for n in range(36)]
    with pytest.raises(TooManyDownloads):
        make_way(BOUNDS, held, SlotUse("link 0", "203.0.113.0", 16), now=31.0)


def test_behind_one_address_a_new_recipient_is_given_the_place_of_a_silent_neighbour() -> None:
    office = [SlotUse(f"link {n // 8}", ATTACKER, 16, silent()) for n in range(24)]
    others = [SlotUse(f"other {n}", f"198.51.100.{n}", 16, silent()) for n in range(10)]
    (ended,) = make_way(BOUNDS, [*others, *office], SlotUse("new", ATTACKER, 16), now=31.0)
    assert ended in office


@pytest.mark.parametrize("buffered_bytes", [0, 512 * 1024, 7 * MIB])
@pytest.mark.parametrize("gulp_bytes", [1, 16 * 1024, 64 * 1024, 384 * 1024])
def test_a_line_of_64_kb_a_second_never_gives_way(buffered_bytes: int, gulp_bytes: int) -> None:
    """Buffers on the way fill at once; after that, room for more comes in gulps."""
    pace, now, sent, chunk = Throughput(), 0.0, 0, FIRST_CHUNK
    while now < 600:
        sent += chunk
        beyond = max(0, sent - buffered_bytes)
        has_room_at = max(now, -(-beyond // gulp_bytes) * gulp_bytes / HONEST_BYTES_PER_SECOND)
        began = now
        pace.begins(began)
        while now < has_room_at:
            assert not pace.is_slow(now)
            now = min(now + 0.5, has_room_at)
        assert not pace.is_slow(now)
        pace.ends(now, chunk)
        chunk = next_chunk(chunk, now - began)


def test_a_silent_reader_is_slow_after_the_measured_time_whatever_the_buffers_took() -> None:
    pace = silent()
    assert not pace.is_slow(MEASURED_SECONDS)
    assert pace.is_slow(MEASURED_SECONDS + 0.1)


def test_who_reads_just_below_the_least_rate_is_slow_and_just_above_is_not() -> None:
    for share, is_slow in ((0.95, True), (1.05, False)):
        pace = Throughput()
        for second in range(100):
            pace.begins(second)
            pace.ends(second + 1, int(share * LEAST_BYTES_PER_SECOND))
        assert pace.is_slow(100) is is_slow


def test_time_spent_on_the_store_is_not_held_against_the_reader() -> None:
    pace = Throughput()
    for minute in range(100):
        pace.begins(60.0 * minute)
        pace.ends(60.0 * minute + 1, HONEST_BYTES_PER_SECOND)
        assert not pace.is_slow(60.0 * minute + 59)


async def test_a_place_that_is_given_away_ends_a_wait_at_once_and_any_later_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.download.streaming.throughput.MEASURED_SECONDS", 0.0)
    counter = DownloadLimiter(BOUNDS._replace(places=1))
    began = asyncio.Event()

    async def wait_for_reader(place: Slot) -> None:
        async with place.waiting():
            began.set()
            await asyncio.Event().wait()

    async def read_nothing() -> None:
        async with counter.place("a", "203.0.113.1", 1) as place:
            for _ in range(2):
                with pytest.raises(Preempted):
                    await wait_for_reader(place)

    reading = asyncio.create_task(read_nothing())
    await began.wait()
    async with counter.place("b", "203.0.113.2", 1):
        assert reading.done()
        assert counter.responses == 1
    await reading


async def test_who_takes_too_long_to_make_room_keeps_the_newcomer_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.download.streaming.throughput.MEASURED_SECONDS", 0.0)
    monkeypatch.setattr("services.download.streaming.limiter.MAKING_WAY_SECONDS", 0.0)
    counter = DownloadLimiter(BOUNDS._replace(places=1))
    async with AsyncExitStack() as taken, counter.place("a", "203.0.113.1", 1) as place:
        place.held.pace.begins(0.0)
        with pytest.raises(TooManyDownloads):
            await taken.enter_async_context(counter.place("b", "203.0.113.2", 1))
        assert counter.responses == 1


async def test_at_the_end_of_the_process_the_last_records_are_waited_for() -> None:
    counter = DownloadLimiter(BOUNDS)
    waiting = asyncio.create_task(counter.until_stopped())
    async with counter.place("a", "203.0.113.1", 1):
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.sleep(0)
        assert not waiting.done()
    with pytest.raises(asyncio.CancelledError):
        await waiting
