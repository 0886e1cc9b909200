"""Which response gets a slot, and which ones are cut for it: shares of links, networks and newcomers (ADR 24)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from services.download.domain.refusals import TooManyDownloads
from services.download.streaming.throughput import Throughput

SHARE_WITHOUT_NEWCOMERS = 0.75
RETRY_SECONDS = 10


class SlotLimits(NamedTuple):
    """How many responses run at once, how many bytes they hold, and the share of both that one network may have."""

    slots: int
    slots_per_link: int
    memory_bytes: int
    network_share: float


@dataclass(frozen=True, eq=False)
class SlotUse:
    """What one response occupies, for which link and network, and how fast its client is."""

    link: str
    network: str
    held_bytes: int
    throughput: Throughput = field(default_factory=Throughput)


def choose_preempted(limits: SlotLimits, running: Sequence[SlotUse], asking: SlotUse, now: float) -> list[SlotUse]:
    """Return the responses that must be cut so that this one may begin: as a rule none.

    A quarter is kept for networks that hold nothing. If there is no room, a network that holds nothing gets that of the
    slowest clients below the minimum rate, and a link that holds nothing gets that of such clients of its own network.
    Refuses with `TooManyDownloads` otherwise.
    """
    kept, preempted = list(running), list[SlotUse]()
    slow = _slowest_first(_candidates(running, asking), now)
    while not _has_room(limits, kept, asking):
        if not slow:
            raise TooManyDownloads(retry_after_seconds=RETRY_SECONDS)
        preempted.append(slow.pop(0))
        kept.remove(preempted[-1])
    return preempted


def _has_room(limits: SlotLimits, running: Sequence[SlotUse], asking: SlotUse) -> bool:
    if sum(one.link == asking.link for one in running) >= limits.slots_per_link:
        return False
    neighbours = [one for one in running if one.network == asking.network]
    if not neighbours:
        return not running or _fits(limits, 1.0, [*running, asking])
    is_within_share = _fits(limits, limits.network_share, [*neighbours, asking])
    return is_within_share and _fits(limits, SHARE_WITHOUT_NEWCOMERS, [*running, asking])


def _fits(limits: SlotLimits, share: float, uses: Sequence[SlotUse]) -> bool:
    memory_bytes = sum(one.held_bytes for one in uses)
    return len(uses) <= share * limits.slots and memory_bytes <= share * limits.memory_bytes


def _candidates(running: Sequence[SlotUse], asking: SlotUse) -> Iterable[SlotUse]:
    """Return the responses that may be cut for this one, if they are slow."""
    if all(one.network != asking.network for one in running):
        return running
    if all(one.link != asking.link for one in running):
        return [one for one in running if one.network == asking.network]
    return ()


def _slowest_first(uses: Iterable[SlotUse], now: float) -> list[SlotUse]:
    slow = (one for one in uses if one.throughput.is_slow(now))
    return sorted(slow, key=lambda one: one.throughput.bytes_per_second(now))
