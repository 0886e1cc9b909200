"""A process has so many slots and so much memory, and shares of both for links, networks and newcomers."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from services.download.domain.refusals import TooManyDownloads
from services.download.streaming.limiter import DownloadLimiter, Preempted, Slot
from services.download.streaming.slots import SlotLimits, SlotUse, choose_preempted
from services.download.streaming.throughput import (
    FIRST_CHUNK_BYTES,
    MEASURED_SECONDS,
    MIN_BYTES_PER_SECOND,
    Throughput,
    next_chunk_bytes,
)

MIB = 1024 * 1024
LIMITS = SlotLimits(slots=48, slots_per_link=8, memory_bytes=768, network_share=0.5)
HONEST_BYTES_PER_SECOND = 64_000
ATTACKER = "203.0.113.1"


def silent() -> Throughput:
    """A client whose buffers on the way took 7 MiB, and which has been waited for since."""
    throughput = Throughput()
    throughput.start_waiting(0.0)
    throughput.stop_waiting(0.1, 7 * MIB)
    throughput.start_waiting(0.1)
    return throughput


def taken(limits: SlotLimits, *askers: SlotUse, now: float = 0.0) -> tuple[list[SlotUse], list[SlotUse]]:
    """Ask one after the other; return which hold a slot, and which were refused."""
    running, refused = list[SlotUse](), list[SlotUse]()
    for one in askers:
        try:
            preempted = choose_preempted(limits, running, one, now)
            running = [other for other in running if other not in preempted] + [one]
        except TooManyDownloads:
            refused.append(one)
    return running, refused


def test_ten_links_of_one_network_leave_half_of_the_slots() -> None:
    attack = [SlotUse(f"link {n // 8}", ATTACKER, 16) for n in range(80)]
    running, refused = taken(LIMITS, *attack)
    assert (len(running), len(refused)) == (24, 56)
    everybody = [SlotUse(f"other {n}", f"198.51.100.{n}", 16) for n in range(24)]
    assert taken(LIMITS, *running, *everybody) == ([*running, *everybody], [])


def test_a_quarter_is_kept_for_networks_that_hold_nothing() -> None:
    attack = [SlotUse(f"link {n}", f"203.0.113.{n % 3}", 16) for n in range(80)]
    running, refused = taken(LIMITS, *attack)
    assert len(running) == 36
    newcomers = [SlotUse(f"other {n}", f"198.51.100.{n}", 16) for n in range(13)]
    running, refused = taken(LIMITS, *running, *newcomers)
    assert (len(running), refused) == (48, newcomers[12:])


def test_a_share_is_one_of_memory_too() -> None:
    large = [SlotUse(f"link {n}", ATTACKER, 100) for n in range(6)]
    assert taken(LIMITS, *large) == (large[:3], large[3:])


def test_slots_are_bounded_for_each_link() -> None:
    running, refused = taken(LIMITS, *[SlotUse("link", f"203.0.113.{n}", 1) for n in range(9)])
    assert (len(running), len(refused)) == (8, 1)


def test_memory_is_bounded_and_the_largest_part_still_gets_through_alone() -> None:
    alone = SlotUse("a", "203.0.113.1", 5000)
    assert taken(LIMITS, alone, SlotUse("b", "203.0.113.2", 1))[0] == [alone]


def test_when_all_slots_are_taken_the_slowest_client_is_cut_for_a_newcomer() -> None:
    everywhere = [SlotUse(f"link {n}", f"203.0.113.{n}", 16, silent()) for n in range(48)]
    for one in everywhere[:7] + everywhere[8:]:
        one.throughput.stop_waiting(20.0, 16 * 1024)
        one.throughput.start_waiting(20.0)
    newcomer = SlotUse("other", "198.51.100.1", 16)
    assert choose_preempted(LIMITS, everywhere, newcomer, now=31.0) == [everywhere[7]]
    with pytest.raises(TooManyDownloads):
        choose_preempted(LIMITS, everywhere, newcomer, now=0.1 + MEASURED_SECONDS / 3)


def test_as_many_clients_are_cut_as_the_parts_of_the_newcomer_need_and_none_in_vain() -> None:
    everywhere = [SlotUse(f"link {n}", f"203.0.113.{n}", 16, silent()) for n in range(48)]
    assert len(choose_preempted(LIMITS, everywhere, SlotUse("other", "198.51.100.1", 40), now=31.0)) == 3
    honest = [SlotUse(f"link {n}", f"203.0.113.{n}", 16) for n in range(48)]
    with pytest.raises(TooManyDownloads):
        choose_preempted(LIMITS, [*honest[:47], everywhere[0]], SlotUse("other", "198.51.100.1", 40), now=31.0)


def test_a_network_that_holds_a_slot_cuts_no_response_of_another_one() -> None:
    running = [SlotUse(f"link {n}", f"203.0.113.{n % 3}", 16, silent()) for n in range(36)]
    with pytest.raises(TooManyDownloads):
        choose_preempted(LIMITS, running, SlotUse("link 0", "203.0.113.0", 16), now=31.0)


def test_behind_one_address_a_new_recipient_gets_the_slot_of_a_silent_neighbour() -> None:
    office = [SlotUse(f"link {n // 8}", ATTACKER, 16, silent()) for n in range(24)]
    others = [SlotUse(f"other {n}", f"198.51.100.{n}", 16, silent()) for n in range(10)]
    (ended,) = choose_preempted(LIMITS, [*others, *office], SlotUse("new", ATTACKER, 16), now=31.0)
    assert ended in office


@pytest.mark.parametrize("buffered_bytes", [0, 512 * 1024, 7 * MIB])
@pytest.mark.parametrize("gulp_bytes", [1, 16 * 1024, 64 * 1024, 384 * 1024])
def test_a_client_of_64_kb_a_second_is_never_slow(buffered_bytes: int, gulp_bytes: int) -> None:
    """Buffers on the way fill at once; after that, room for more comes in gulps."""
    throughput, now, sent, chunk = Throughput(), 0.0, 0, FIRST_CHUNK_BYTES
    while now < 600:
        sent += chunk
        beyond = max(0, sent - buffered_bytes)
        has_room_at = max(now, -(-beyond // gulp_bytes) * gulp_bytes / HONEST_BYTES_PER_SECOND)
        began = now
        throughput.start_waiting(began)
        while now < has_room_at:
            assert not throughput.is_slow(now)
            now = min(now + 0.5, has_room_at)
        assert not throughput.is_slow(now)
        throughput.stop_waiting(now, chunk)
        chunk = next_chunk_bytes(chunk, now - began)


def test_a_silent_client_is_slow_after_the_measured_time_whatever_the_buffers_took() -> None:
    throughput = silent()
    assert not throughput.is_slow(MEASURED_SECONDS)
    assert throughput.is_slow(MEASURED_SECONDS + 0.1)


def test_a_client_just_below_the_minimum_rate_is_slow_and_one_just_above_is_not() -> None:
    for share, is_slow in ((0.95, True), (1.05, False)):
        throughput = Throughput()
        for second in range(100):
            throughput.start_waiting(second)
            throughput.stop_waiting(second + 1, int(share * MIN_BYTES_PER_SECOND))
        assert throughput.is_slow(100) is is_slow


def test_time_spent_on_the_store_does_not_count_against_the_client() -> None:
    throughput = Throughput()
    for minute in range(100):
        throughput.start_waiting(60.0 * minute)
        throughput.stop_waiting(60.0 * minute + 1, HONEST_BYTES_PER_SECOND)
        assert not throughput.is_slow(60.0 * minute + 59)


async def test_a_slot_that_is_taken_back_ends_a_wait_at_once_and_any_later_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.download.streaming.throughput.MEASURED_SECONDS", 0.0)
    limiter = DownloadLimiter(LIMITS._replace(slots=1))
    began = asyncio.Event()

    async def wait_for_client(slot: Slot) -> None:
        async with slot.waiting():
            began.set()
            await asyncio.Event().wait()

    async def read_nothing() -> None:
        async with limiter.slot("a", "203.0.113.1", 1) as slot:
            for _ in range(2):
                with pytest.raises(Preempted):
                    await wait_for_client(slot)

    reading = asyncio.create_task(read_nothing())
    await began.wait()
    async with limiter.slot("b", "203.0.113.2", 1):
        assert reading.done()
        assert limiter.responses == 1
    await reading


async def test_a_newcomer_is_refused_when_the_response_that_is_cut_ends_too_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.download.streaming.throughput.MEASURED_SECONDS", 0.0)
    monkeypatch.setattr("services.download.streaming.limiter.PREEMPTION_SECONDS", 0.0)
    limiter = DownloadLimiter(LIMITS._replace(slots=1))
    async with AsyncExitStack() as taken, limiter.slot("a", "203.0.113.1", 1) as slot:
        slot.use.throughput.start_waiting(0.0)
        with pytest.raises(TooManyDownloads):
            await taken.enter_async_context(limiter.slot("b", "203.0.113.2", 1))
        assert limiter.responses == 1


async def test_at_the_end_of_the_process_the_last_records_are_waited_for() -> None:
    limiter = DownloadLimiter(LIMITS)
    waiting = asyncio.create_task(limiter.until_stopped())
    async with limiter.slot("a", "203.0.113.1", 1):
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.sleep(0)
        assert not waiting.done()
    with pytest.raises(asyncio.CancelledError):
        await waiting
