"""One download of a file or an archive: its lease, the bytes its GETs reserve and deliver, and its end (R33-R38)."""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field

from services.download.domain.coverage import (
    MAX_REPEATS,
    NO_BYTES,
    SMALL_BYTES,
    ByteCounts,
    Steps,
    added,
    counted,
    once,
    ranges_of,
)
from services.download.domain.ranges import Range, Ranges, merged, total_bytes, without
from services.download.domain.refusals import DownloadSpent

MIB = 1024 * 1024
LEASE = timedelta(seconds=90)
LAST_MIB_LEASE = timedelta(minutes=30)
LAST_BYTES = MIB
RUN_BYTES = 64 * MIB
"""The most that one GET reserves, and so the most that a killed process forgets (quota rule 3)."""
TAIL_BYTES = 64 * MIB
IN_DOUBT_BYTES = 4 * MIB
"""The end of what a broken connection was sent: it may not have arrived."""
LATE_RECORDS = timedelta(minutes=10)
"""How long after its reservation has lapsed a GET may still be recorded."""
MAX_RANGES = 500
MAX_STARTS = 16
MAX_GETS = 32
"""Beyond so many GETs, those whose reservation has lapsed are forgotten; below, they may be recorded however late."""

DownloadState = Literal["running", "done", "expired", "given-back"]
"""As a download is now: `expired` is a running one whose lease has ended, and which does not count."""


class GetStart(NamedTuple):
    """A GET of `span` that begins under an id of its own; it needs its bytes before `needs` reserved to begin."""

    get: str
    span: Range
    needs: int


class GetProgress(NamedTuple):
    """What one GET has done.

    It has handed out its bytes before `at`. Those before `delivered` have surely arrived: on a connection that broke,
    all but the last 4 MiB. It will hand out those before `needs` next, and those before `wants` after them.
    """

    get: str
    at: int
    delivered: int
    needs: int = 0
    wants: int = 0

    @property
    def goes_on(self) -> bool:
        """This is not the last record of the GET."""
        return self.needs > self.at


class RunningGet(BaseModel):
    """One GET that runs, from byte `start`.

    The bytes before `at` are recorded; those from there to `stop` are reserved until `until`. In the `last` run they
    may include the last MiB of the download.
    """

    model_config = ConfigDict(frozen=True)

    start: int
    at: int
    stop: int
    until: datetime
    last: bool = False

    @property
    def reserved(self) -> Range:
        """The bytes that it may hand out next."""
        return self.at, self.stop

    def with_next_run(self, progress: GetProgress, size_bytes: int, others: Ranges, until: datetime) -> Self:
        """Reserve the next run: up to the last MiB of the download, or with it when the next chunk reaches into it.

        `others` are the bytes that were handed out already or are reserved for other GETs. A process that is killed
        before the last MiB has reserved none of it, so its client is not taken to have it.
        """
        stop = min(progress.wants, self.at + RUN_BYTES)
        allowance = size_bytes - LAST_BYTES - 1 - total_bytes(others)
        before_last = _end(without((self.at, stop), others), allowance, stop) if allowance >= 0 else self.at
        last = before_last < min(progress.needs, stop)
        return self.model_copy(update={"stop": stop if last else before_last, "last": last, "until": until})


def _end(fresh: Ranges, allowance: int, stop: int) -> int:
    """Return where a run that ends at `stop` has used up so many fresh bytes."""
    for first, end in fresh:
        if end - first > allowance:
            return first + allowance
        allowance -= end - first
    return stop


class Download(BaseModel):
    """One download of a file or an archive of `size_bytes`, under an id that the client chose.

    Nothing is written when a lease ends: `state_at` judges that when it matters. `times` counts how often each byte was
    handed out. `starts` are where the latest GETs began, none of them before one that began further on.
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

    # --- what it is now ---

    @property
    def whole(self) -> Range:
        """All bytes."""
        return 0, self.size_bytes

    @property
    def handed_out(self) -> Ranges:
        """The bytes that were handed out at least once."""
        return ranges_of(self.times)

    @property
    def counted_out(self) -> Ranges:
        """The same; of a finished download all bytes."""
        return merged(self.whole) if self.state == "done" else self.handed_out

    @property
    def is_in_its_last_mib(self) -> bool:
        """Sent and received cannot be told apart: no more than the last MiB is neither handed out nor reserved."""
        out = merged(*self.counted_out, *(get.reserved for get in self.gets.values() if get.last))
        return bool(out) and self.size_bytes - total_bytes(out) <= LAST_BYTES

    @property
    def is_handed_out_whole(self) -> bool:
        """Every byte was handed out: the client may have all of them."""
        return total_bytes(self.counted_out) >= self.size_bytes

    @property
    def is_spent(self) -> bool:
        """It has handed out more than twice the whole and 64 MiB, or was fetched in more ranges than are kept."""
        return self.sent_bytes > 2 * self.size_bytes + 64 * MIB or len(self.times) > MAX_RANGES

    def state_at(self, now: datetime) -> DownloadState:
        """Return the state now: a lease that ended inside the last MiB counts as done, any other one has expired."""
        if self.state != "running" or now < self.lease_until:
            return self.state
        return "done" if self.is_in_its_last_mib else "expired"

    def is_over(self, now: datetime) -> bool:
        """Return whether it has no lease, and no GET of it may still be recorded."""
        has_ended = self.state != "running" or self.state_at(now) == "expired"
        return has_ended and all(get.until + LATE_RECORDS <= now for get in self.gets.values())

    # --- what it adds to the coverage ---

    def outstanding(self, now: datetime) -> ByteCounts:
        """Return the bytes that may still be handed out: those reserved for GETs, and the rest of what is leased.

        Of a download whose lease ended inside its last MiB, before it is settled, those that settling adds.
        """
        if self.state == "running" and self.state_at(now) == "done":
            return self.added_by_settling
        reserved = [get.reserved for get in self.gets.values() if now < get.until]
        leased = self.whole if self.state_at(now) == "running" else None
        return counted(self.times, reserved, leased) if reserved or leased else NO_BYTES

    def added_by(self, progress: GetProgress) -> ByteCounts:
        """Return the bytes that this record adds; none when it is a repetition."""
        get = self.gets.get(progress.get)
        return counted(self.times, [(get.at, progress.at)] if get else [])

    @property
    def added_by_settling(self) -> ByteCounts:
        """The bytes that settling adds: all that are missing, because the download then counts."""
        return counted(self.times, without(self.whole, self.handed_out))

    # --- what happens to it ---

    def with_lease(self, now: datetime) -> Self:
        """Take a lease (quota rules 1 and 2); nothing changes when it has one, or is done."""
        if self.state_at(now) in ("running", "done"):
            return self
        if self.is_spent:
            raise DownloadSpent()
        return self._leased(now)

    def serves_again(self, start: int, now: datetime) -> bool:
        """Return whether a finished download serves a GET from this byte.

        For half an hour it serves its tail: the latter half, at most 64 MiB, which the gateway may not have passed on
        when the connection broke (ADR 11). A small one is served from any byte, until one was handed out three times.
        """
        is_recent = self.ended_at is not None and now < self.ended_at + LAST_MIB_LEASE
        may_repeat = self.size_bytes <= SMALL_BYTES and all(times < MAX_REPEATS for _, _, times in self.times)
        return self.state == "done" and is_recent and not self.is_spent and (self._is_tail(start) or may_repeat)

    def with_get(self, begun: GetStart, now: datetime) -> Self:
        """Begin a GET: take or renew the lease, and reserve the first bytes."""
        if self.is_spent:
            raise DownloadSpent()
        start, stop = begun.span
        one = self if self.state == "done" else self.with_lease(now)._resumed_at(start)
        lapsed = [id for id, get in self.gets.items() if get.until <= now][: max(0, len(self.gets) - MAX_GETS)]
        kept = {id: get for id, get in self.gets.items() if id not in lapsed}
        get = RunningGet(start=start, at=start, stop=start, until=now)
        one = one.model_copy(update={"gets": {**kept, begun.get: get}})
        one = one._reserved(GetProgress(begun.get, start, start, begun.needs, stop), now)
        return one if one.state == "done" else one._leased(now)

    def with_progress(self, progress: GetProgress, may_go_on: bool, now: datetime) -> Self:
        """Record what was handed out, renew the lease (rule 3), and reserve what follows if the GET may go on.

        With its last record, a download of which every byte was delivered is done (rule 4).
        """
        one = self._recorded(progress)
        if self.state == "done":
            get = self.gets.get(progress.get)
            is_served = get is not None and (self._is_tail(get.start) or self.size_bytes <= SMALL_BYTES)
            return one._reserved(progress, now) if may_go_on and is_served and not self.is_spent else one
        one = one._renewed(progress, self, may_go_on, now)
        is_delivered = one.state == "running" and total_bytes(one.delivered) >= one.size_bytes
        return one._ended("done", now) if is_delivered and not progress.goes_on else one

    def settled(self, now: datetime) -> Self:
        """Count it, when its lease ended inside its last MiB (rule 4): what was reserved is taken as handed out."""
        if self.state != "running" or self.state_at(now) != "done":
            return self
        return self.model_copy(update={"gets": {}})._ended("done", self.lease_until)

    def given_back(self, now: datetime) -> Self:
        """End it at the client's wish (rule 5); inside the last MiB that changes nothing."""
        if self.state != "running" or self.is_in_its_last_mib:
            return self
        return self._ended("given-back", now)

    def _renewed(self, progress: GetProgress, before: Self, may_go_on: bool, now: datetime) -> Self:
        """Renew the lease after a record, or end the download.

        What was handed out without a lease, or beyond the bounds of one download, gives no new lease. But a download of
        which every byte was handed out counts, however late that is recorded (ADR 13).
        """
        if self.is_spent:
            return self._ended("done" if self.is_handed_out_whole else "given-back", now)
        if may_go_on:
            return self._reserved(progress, now)._leased(now)
        if self.is_handed_out_whole or before.state_at(now) == "running":
            return self._leased(now)
        return self._ended("given-back", before.ended_at or before.lease_until)

    def _is_tail(self, start: int) -> bool:
        return start >= max(1, (self.size_bytes + 1) // 2, self.size_bytes - TAIL_BYTES)

    def _reserved(self, progress: GetProgress, now: datetime) -> Self:
        """Reserve the next bytes of this GET, unless it has ended."""
        get = self.gets.get(progress.get)
        if get is None or not progress.goes_on:
            return self
        running = [one.reserved for id, one in self.gets.items() if id != progress.get and now < one.until]
        others = merged(*self.counted_out, *running)
        return self._with_get(progress.get, get.with_next_run(progress, self.size_bytes, others, now + LEASE))

    def _leased(self, now: datetime) -> Self:
        """Begin the lease anew: 90 s, or 30 min once the last MiB is on its way."""
        lease = LAST_MIB_LEASE if self.is_in_its_last_mib else LEASE
        return self.model_copy(update={"state": "running", "ended_at": None, "lease_until": now + lease})

    def _recorded(self, progress: GetProgress) -> Self:
        """Record these bytes; a GET that has begun at one of them meanwhile shows that what lies before it arrived."""
        get = self.gets.get(progress.get)
        if get is None:
            return self
        at = max(get.at, progress.at)
        in_doubt = min(at, progress.delivered + IN_DOUBT_BYTES)
        resumed = [start for start in self.starts if progress.delivered < start <= in_doubt and start > get.start]
        delivered = max(resumed, default=progress.delivered)
        one = self._with_get(progress.get, get.model_copy(update={"at": at, "stop": at}) if progress.goes_on else None)
        recorded = {
            "sent_bytes": self.sent_bytes + at - get.at,
            "times": added(self.times, once((get.at, at)), MAX_REPEATS),
            "delivered": () if self.state == "done" else merged(*self.delivered, (get.start, delivered)),
        }
        return one.model_copy(update=recorded)

    def _with_get(self, id: str, get: RunningGet | None) -> Self:
        others = {other: one for other, one in self.gets.items() if other != id}
        return self.model_copy(update={"gets": others if get is None else {**others, id: get}})

    def _resumed_at(self, start: int) -> Self:
        """A GET that begins in the middle of what was handed out shows that what lies before it arrived."""
        known = [(first, start) for first, stop in self.handed_out if first < start <= stop]
        starts = (*(one for one in self.starts if one < start), start)[-MAX_STARTS:]
        return self.model_copy(update={"delivered": merged(*self.delivered, *known), "starts": starts})

    def _ended(self, state: Literal["done", "given-back"], at: datetime) -> Self:
        """End it; what was delivered of a finished one is not needed any more."""
        ranges: dict[str, tuple[()]] = {"delivered": (), "starts": ()} if state == "done" else {}
        return self.model_copy(update={"state": state, "ended_at": at, **ranges})
