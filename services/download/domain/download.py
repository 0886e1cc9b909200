"""One attempt to download a file or an archive: its lease, the bytes of its GETs, and how it ends (R33-R38)."""

from datetime import datetime, timedelta
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from services.download.domain.coverage import (
    MAX_REPEATS,
    NOTHING,
    SMALL_BYTES,
    ByteCounts,
    Steps,
    added,
    leaving,
    once,
    ranges_of,
)
from services.download.domain.gets import LAST_BYTES, MIB, RESERVATION_KEPT, GetProgress, GetStart, RunningGet
from services.download.domain.ranges import Range, Ranges, covered, merged, without
from services.download.domain.refusals import DownloadSpent

LEASE = timedelta(seconds=90)
IN_DOUBT_BYTES = 4 * MIB
LAST_BYTES_LEASE = timedelta(minutes=30)
TAIL_BYTES = 64 * MIB
MAX_RANGES = 500
STARTS_KEPT = 16
MAX_GETS = 32
"""Of more than so many GETs the ones whose process is gone are forgotten; others may still report, however late."""

DownloadState = Literal["running", "done", "expired", "given-back"]


class Download(BaseModel):
    """One attempt, under an id that the client chose, at a file or at an archive of `size_bytes`.

    A running download whose lease has died is never rewritten: `state_at` judges it when it matters. `starts` are
    where its latest GETs began, none of them before one that began further on; `times` is how often its bytes left.
    """

    model_config = ConfigDict(frozen=True)

    size_bytes: int
    state: Literal["running", "done", "given-back"] = "running"
    started_at: datetime
    lease_until: datetime
    delivered: Ranges = ()
    times: Steps = ()
    starts: tuple[int, ...] = ()
    gets: dict[str, RunningGet] = Field(default_factory=dict)
    sent_bytes: int = 0
    ended_at: datetime | None = None

    @classmethod
    def new(cls, size_bytes: int, now: datetime) -> Self:
        """Return one that has no lease yet."""
        return cls(size_bytes=size_bytes, state="given-back", started_at=now, lease_until=now)

    @property
    def whole(self) -> Range:
        """All bytes."""
        return 0, self.size_bytes

    @property
    def handed(self) -> Ranges:
        """The bytes that were handed out."""
        return ranges_of(self.times)

    @property
    def left(self) -> Ranges:
        """The same; of a finished download all bytes."""
        return merged(self.whole) if self.state == "done" else self.handed

    @property
    def leaving(self) -> Ranges:
        """The bytes that left, and the last MiB where it is reserved."""
        return merged(*self.left, *(get.reserved for get in self.gets.values() if get.last))

    @property
    def at_its_last_bytes(self) -> bool:
        """Where sent and received cannot be told apart: the last MiB was handed to the line, or is reserved for it."""
        leaving = self.leaving
        return bool(leaving) and self.size_bytes - covered(leaving) <= LAST_BYTES

    @property
    def handed_whole(self) -> bool:
        """Every byte went into the line: the reader may have the whole."""
        return covered(self.left) >= self.size_bytes

    @property
    def spent(self) -> bool:
        """It has carried more than twice the whole, or was fetched in more pieces than are kept."""
        return self.sent_bytes > 2 * self.size_bytes + 64 * MIB or len(self.times) > MAX_RANGES

    def state_at(self, now: datetime) -> DownloadState:
        """Return what it is now: a lease that died inside the last MiB counts as done, any other one is dead."""
        if self.state != "running" or now < self.lease_until:
            return self.state
        return "done" if self.at_its_last_bytes else "expired"

    def over(self, now: datetime) -> bool:
        """It has ended undone, and no GET of it may still report."""
        return self.state != "done" and self.ended(now)

    def ended(self, now: datetime) -> bool:
        """It has no lease, counts or came to nothing, and no GET of it may still report."""
        settled = self.state != "running" or self.state_at(now) == "expired"
        return settled and all(get.until + RESERVATION_KEPT <= now for get in self.gets.values())

    def promised(self, now: datetime) -> ByteCounts:
        """Return the bytes that may still leave: what each running GET has reserved, and the rest of what is leased.

        Of a download that died inside its last MiB, and was not settled yet, these are the bytes that settling it adds.
        """
        if self.state == "running" and self.state_at(now) == "done":
            return self.unbooked
        reserved = [get.reserved for get in self.gets.values() if now < get.until]
        leased = self.whole if self.state_at(now) == "running" else None
        return leaving(self.times, reserved, leased) if reserved or leased else NOTHING

    def booked(self, progress: GetProgress) -> ByteCounts:
        """Return the bytes that this record adds to the coverage; none when it was made before."""
        get = self.gets.get(progress.get)
        return leaving(self.times, [(get.at, progress.at)] if get else [])

    @property
    def unbooked(self) -> ByteCounts:
        """The bytes that settling it adds: those that are missing, since it counts as done."""
        return leaving(self.times, without(self.whole, self.handed))

    def finishes(self, start: int, now: datetime) -> bool:
        """Return whether a finished download serves a GET from this byte.

        For half an hour it serves its tail: its latter half, at most 64 MiB, which a gateway may still have held when
        the line broke (ADR 11). A small one is served from any byte, until one of them has left three times.
        """
        recent = self.ended_at is not None and now < self.ended_at + LAST_BYTES_LEASE
        return self.state == "done" and recent and not self.spent and (self._is_tail(start) or self._may_repeat)

    def taken(self, now: datetime) -> Self:
        """With a lease (quota rules 1 and 2); the same when it has one, or is done."""
        if self.state_at(now) in ("running", "done"):
            return self
        if self.spent:
            raise DownloadSpent()
        return self._leased(now)

    def fetched(self, begun: GetStart, now: datetime) -> Self:
        """A GET of these bytes begins and reserves the first of them: the lease is taken, or renewed."""
        if self.spent:
            raise DownloadSpent()
        start, stop = begun.span
        get = RunningGet(start=start, at=start, stop=start, until=now)
        one = self if self.state == "done" else self.taken(now)._resumed_at(start)
        lapsed = [id for id, one in self.gets.items() if one.until <= now][: max(0, len(self.gets) - MAX_GETS)]
        kept = {id: one for id, one in self.gets.items() if id not in lapsed}
        one = one.model_copy(update={"gets": {**kept, begun.get: get}})
        one = one._reserving(GetProgress(begun.get, start, start, begun.needs, stop), now)
        return one if one.state == "done" else one._leased(now)

    def progressed(self, progress: GetProgress, may_go_on: bool, now: datetime) -> Self:
        """Book what was handed over, renew the lease (rule 3) and reserve what follows, if it may go on.

        Bytes sent without a lease, and past the bound of one download, are booked as undone. A download of which every
        byte was handed over counts all the same, however late that is booked (ADR 13).
        """
        one = self._with_progress(progress)
        if self.state == "done":
            get = self.gets.get(progress.get)
            served = get is not None and (self._is_tail(get.start) or self.size_bytes <= SMALL_BYTES)
            return one._reserving(progress, now) if may_go_on and served and not self.spent else one
        if one.spent:
            return one._ended("done" if one.handed_whole else "given-back", now)
        if may_go_on:
            return one._reserving(progress, now)._leased(now)
        if one.handed_whole or self.state_at(now) == "running":
            return one._leased(now)
        return one._ended("given-back", self.ended_at or self.lease_until)

    def completed(self, now: datetime) -> Self:
        """Done, once every byte was delivered (rule 4); the same while some are missing."""
        whole = self.state == "running" and covered(self.delivered) >= self.size_bytes
        return self._ended("done", now) if whole else self

    def settled(self, now: datetime) -> Self:
        """Done, when it died inside its last MiB (rule 4); what was reserved is taken for sent."""
        over = self.state == "running" and self.state_at(now) == "done"
        return self.model_copy(update={"gets": {}})._ended("done", self.lease_until) if over else self

    def given_back(self, now: datetime) -> Self:
        """The client gives it up (rule 5); inside the last MiB that changes nothing."""
        held = self.state != "running" or self.at_its_last_bytes
        return self if held else self._ended("given-back", now)

    @property
    def _may_repeat(self) -> bool:
        """It is small, and none of its bytes has left three times."""
        return self.size_bytes <= SMALL_BYTES and all(times < MAX_REPEATS for _, _, times in self.times)

    def _is_tail(self, start: int) -> bool:
        return start >= max(1, (self.size_bytes + 1) // 2, self.size_bytes - TAIL_BYTES)

    def _reserving(self, progress: GetProgress, now: datetime) -> Self:
        """With the next bytes of this GET reserved, unless it has ended."""
        get = self.gets.get(progress.get)
        if get is None or not progress.goes_on:
            return self
        running = [one.reserved for id, one in self.gets.items() if id != progress.get and now < one.until]
        after = get.reserving(progress, self.size_bytes, merged(*self.left, *running), now + LEASE)
        return self._with_get(progress.get, after)

    def _leased(self, now: datetime) -> Self:
        """The lease begins again: 90 s, or 30 min once the last MiB is on its way."""
        life = LAST_BYTES_LEASE if self.at_its_last_bytes else LEASE
        return self.model_copy(update={"state": "running", "ended_at": None, "lease_until": now + life})

    def _with_progress(self, progress: GetProgress) -> Self:
        """With these bytes booked; who has gone on from one of them meanwhile has what lies before it."""
        get = self.gets.get(progress.get)
        if get is None:
            return self
        at = max(get.at, progress.at)
        doubtful = min(at, progress.arrived + IN_DOUBT_BYTES)
        resumed = [one for one in self.starts if progress.arrived < one <= doubtful and one > get.start]
        arrived = max(resumed, default=progress.arrived)
        one = self._with_get(progress.get, get.model_copy(update={"at": at, "stop": at}) if progress.goes_on else None)
        booked = {
            "sent_bytes": self.sent_bytes + at - get.at,
            "times": added(self.times, once((get.at, at)), MAX_REPEATS),
            "delivered": () if self.state == "done" else merged(*self.delivered, (get.start, arrived)),
        }
        return one.model_copy(update=booked)

    def _with_get(self, id: str, get: RunningGet | None) -> Self:
        others = {other: one for other, one in self.gets.items() if other != id}
        return self.model_copy(update={"gets": others if get is None else {**others, id: get}})

    def _resumed_at(self, start: int) -> Self:
        """Who goes on from a byte in the middle of what was handed over has what lies before it."""
        known = [(first, start) for first, stop in self.handed if first < start <= stop]
        starts = (*(one for one in self.starts if one < start), start)[-STARTS_KEPT:]
        return self.model_copy(update={"delivered": merged(*self.delivered, *known), "starts": starts})

    def _ended(self, state: Literal["done", "given-back"], at: datetime) -> Self:
        """Over; of a finished one nobody asks what was delivered."""
        ranges: dict[str, tuple[()]] = {"delivered": (), "starts": ()} if state == "done" else {}
        return self.model_copy(update={"state": state, "ended_at": at, **ranges})
