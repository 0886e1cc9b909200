"""What becomes of one attempt to fetch something: its lease, its book of bytes, and how it ends (R33-R38)."""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict

from services.download.domain.ranges import Range, Ranges, covered, merged
from services.download.domain.refusals import DownloadSpent
from services.kit.refusals import Refusal

MIB = 1024 * 1024
LEASE = timedelta(seconds=90)
LAST_BYTES = MIB
IN_DOUBT_BYTES = 4 * MIB
LAST_BYTES_LEASE = timedelta(minutes=30)
TAIL_BYTES = 64 * MIB
MOST_UNDONE = 20
MOST_PIECES = 500
STARTS_KEPT = 16

Standing = Literal["running", "done", "dead", "given-back"]


class Progress(NamedTuple):
    """What one GET has done since its last record.

    `handed` went into the line; `delivered` is the part of it that has surely arrived: on a line that broke, all but
    the last `IN_DOUBT_BYTES`. `sent_bytes` is new traffic. `next` goes into the line once the download may go on.
    """

    handed: Range
    delivered: Range
    sent_bytes: int
    next: Range = (0, 0)


class Download(BaseModel):
    """One attempt, under an id that the client chose, at a file or at an archive of `size_bytes`.

    A running download whose lease has died is never rewritten: `standing` judges it when it matters. `starts` are
    where its latest GETs began, none of them before one that began further on. Where a rule takes
    `barred`, that is why no lease can begin now, unless nothing is in the way.
    """

    model_config = ConfigDict(frozen=True)

    size_bytes: int
    state: Literal["running", "done", "given-back"] = "running"
    started_at: datetime
    lease_until: datetime
    delivered: Ranges = ()
    handed: Ranges = ()
    starts: tuple[int, ...] = ()
    sent_bytes: int = 0
    ended_at: datetime | None = None

    @classmethod
    def unbegun(cls, size_bytes: int, now: datetime) -> Self:
        """One that has no lease yet."""
        return cls(size_bytes=size_bytes, state="given-back", started_at=now, lease_until=now)

    @property
    def at_its_last_bytes(self) -> bool:
        """Where sent and received cannot be told apart: the last MiB was handed to the line, or is about to be."""
        return bool(self.handed) and self.size_bytes - covered(self.handed) <= LAST_BYTES

    @property
    def handed_whole(self) -> bool:
        """Every byte went into the line, or is about to: the reader may have the whole."""
        return covered(self.handed) >= self.size_bytes

    @property
    def spent(self) -> bool:
        """It has carried more than twice the whole, or was fetched in more pieces than we keep book of."""
        return self.sent_bytes > 2 * self.size_bytes + 64 * MIB or len(self.handed) > MOST_PIECES

    def serves(self, start: int) -> bool:
        """A GET that began at this byte may go on: while it runs, and in its tail when it is done.

        The tail is its latter half, at most 64 MiB: what a gateway may still have held when the line broke.
        """
        tail = max(1, (self.size_bytes + 1) // 2, self.size_bytes - TAIL_BYTES)
        return self.state == "running" or (self.state == "done" and not self.spent and start >= tail)

    def finishes(self, start: int, now: datetime) -> bool:
        """Done half an hour ago at most, it gives its tail once more, and never the whole (ADR 11)."""
        recent = self.ended_at is not None and now < self.ended_at + LAST_BYTES_LEASE
        return self.state == "done" and recent and self.serves(start)

    def standing(self, now: datetime) -> Standing:
        """What it is now: a lease that died inside the last MiB counts as done, any other one is dead."""
        if self.state != "running" or now < self.lease_until:
            return self.state
        return "done" if self.at_its_last_bytes else "dead"

    def undone(self, now: datetime) -> bool:
        """It delivered something and came to nothing."""
        return bool(self.sent_bytes) and self.standing(now) in ("dead", "given-back")

    def idle(self, now: datetime) -> bool:
        """It ended without a byte: it cost nothing."""
        return not self.sent_bytes and self.standing(now) in ("dead", "given-back")

    def taken(self, barred: Refusal | None, now: datetime) -> Self:
        """With a lease (quota rules 1 and 2); the same when it has one, or is done."""
        if self.standing(now) in ("running", "done"):
            return self
        if self.spent:
            raise DownloadSpent()
        if barred is not None:
            raise barred
        return self._leased(now)

    def fetched(self, start: int, barred: Refusal | None, now: datetime) -> Self:
        """A GET begins at this byte: the lease is taken, again if it has died, and renewed."""
        if self.spent:
            raise DownloadSpent()
        return self.taken(barred, now)._resumed_at(start)._leased(now)

    def progressed(self, progress: Progress, barred: Refusal | None, now: datetime) -> Self:
        """Book what was handed over, and renew (rule 3); whether the GET may go on is the state after.

        Bytes sent without a lease, and past the bound of one download, are booked as undone. A download of which every
        byte was handed over counts all the same, however late that is booked (ADR 13).
        """
        if self.state == "done":
            return self.model_copy(update={"sent_bytes": self.sent_bytes + progress.sent_bytes})
        booked = self._with_progress(progress)
        if booked.spent:
            return booked._ended("done" if booked.handed_whole else "given-back", now)
        goes_on = self.standing(now) == "running" or (self.standing(now) == "dead" and barred is None)
        if goes_on or booked.handed_whole:
            return booked._with_next(progress.next)._leased(now)
        return booked._ended("given-back", self.ended_at or self.lease_until)

    def completed(self, now: datetime) -> Self:
        """Done, once every byte was delivered (rule 4); the same while some are missing."""
        whole = self.state == "running" and covered(self.delivered) >= self.size_bytes
        return self._ended("done", now) if whole else self

    def settled(self, now: datetime) -> Self:
        """Done, when it died inside its last MiB (rule 4)."""
        over = self.state == "running" and self.standing(now) == "done"
        return self._ended("done", self.lease_until) if over else self

    def given_back(self, now: datetime) -> Self:
        """The client gives it up (rule 5); inside the last MiB that changes nothing."""
        held = self.state != "running" or self.at_its_last_bytes
        return self if held else self._ended("given-back", now)

    def _leased(self, now: datetime) -> Self:
        """The lease begins again: 90 s, or 30 min once the last MiB is on its way."""
        life = LAST_BYTES_LEASE if self.at_its_last_bytes else LEASE
        return self.model_copy(update={"state": "running", "ended_at": None, "lease_until": now + life})

    def _with_progress(self, progress: Progress) -> Self:
        """With these bytes added to the book; who has gone on from one of them meanwhile has what lies before it."""
        first, arrived = progress.delivered
        doubtful = min(progress.handed[1], arrived + IN_DOUBT_BYTES)
        arrived = max([one for one in self.starts if arrived < one <= doubtful and one > first], default=arrived)
        return self.model_copy(
            update={
                "handed": merged(*self.handed, progress.handed),
                "delivered": merged(*self.delivered, (first, arrived)),
                "sent_bytes": self.sent_bytes + progress.sent_bytes,
            }
        )

    def _with_next(self, following: Range) -> Self:
        """With these bytes, which are about to be handed over."""
        return self.model_copy(update={"handed": merged(*self.handed, following)})

    def _resumed_at(self, start: int) -> Self:
        """Who goes on from a byte in the middle of what was handed over has what lies before it."""
        known = [(first, start) for first, stop in self.handed if first < start <= stop]
        starts = (*(one for one in self.starts if one < start), start)[-STARTS_KEPT:]
        return self.model_copy(update={"delivered": merged(*self.delivered, *known), "starts": starts})

    def _ended(self, state: Literal["done", "given-back"], at: datetime) -> Self:
        """Over; a finished one needs its ranges no more."""
        ranges: dict[str, tuple[()]] = {"delivered": (), "handed": (), "starts": ()} if state == "done" else {}
        return self.model_copy(update={"state": state, "ended_at": at, **ranges})


def suspended(undone: list[Download], size_bytes: int) -> bool:
    """Downloads that came to nothing were too many, or delivered too much, for something of this size (rule 5)."""
    return len(undone) > MOST_UNDONE or sum(one.sent_bytes for one in undone) > 5 * size_bytes + 256 * MIB
