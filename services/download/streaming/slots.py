"""Who may have a place at the counter, and whose response ends for that? Shares of links, networks and newcomers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from services.download.domain.refusals import TooManyDownloads
from services.download.streaming.throughput import Throughput

FOR_ALL_BUT_NEWCOMERS = 0.75
RETRY_SECONDS = 10


class SlotLimits(NamedTuple):
    """How many responses run at once, how many bytes they hold, and which part of both one network may have."""

    places: int
    places_per_link: int
    memory_bytes: int
    network_share: float


@dataclass(frozen=True, eq=False)
class SlotUse:
    """What one response occupies, for whom, and how fast its reader is."""

    link: str
    network: str
    holds_bytes: int
    pace: Throughput = field(default_factory=Throughput)


def make_way(bounds: SlotLimits, held: Sequence[SlotUse], asking: SlotUse, now: float) -> list[SlotUse]:
    """Return the responses that end so that this one may begin: as a rule none.

    A quarter is kept for networks that hold nothing. Where there is no room, whoever holds nothing is given that of
    the slowest readers below the least rate: a network that of anybody, a link that of its own network. Refuses with
    `TooManyDownloads` otherwise.
    """
    stay, ending = list(held), list[SlotUse]()
    slow = _slowest_first(_giving_way(held, asking), now)
    while not _has_room(bounds, stay, asking):
        if not slow:
            raise TooManyDownloads(retry_after_seconds=RETRY_SECONDS)
        ending.append(slow.pop(0))
        stay.remove(ending[-1])
    return ending


def _has_room(bounds: SlotLimits, held: Sequence[SlotUse], asking: SlotUse) -> bool:
    if sum(one.link == asking.link for one in held) >= bounds.places_per_link:
        return False
    neighbours = [one for one in held if one.network == asking.network]
    if not neighbours:
        return not held or _fits(bounds, 1.0, [*held, asking])
    is_within_share = _fits(bounds, bounds.network_share, [*neighbours, asking])
    return is_within_share and _fits(bounds, FOR_ALL_BUT_NEWCOMERS, [*held, asking])


def _fits(bounds: SlotLimits, share: float, held: Sequence[SlotUse]) -> bool:
    memory_bytes = sum(one.holds_bytes for one in held)
    return len(held) <= share * bounds.places and memory_bytes <= share * bounds.memory_bytes


def _giving_way(held: Sequence[SlotUse], asking: SlotUse) -> Iterable[SlotUse]:
    if all(one.network != asking.network for one in held):
        return held
    if all(one.link != asking.link for one in held):
        return [one for one in held if one.network == asking.network]
    return ()


def _slowest_first(held: Iterable[SlotUse], now: float) -> list[SlotUse]:
    return sorted((one for one in held if one.pace.is_slow(now)), key=lambda one: one.pace.bytes_per_second(now))
