"""How often may one file of one link be fetched? Leases, and what becomes of a broken download (R33-R38)."""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field

from services.download.domain.ranges import Range, Ranges, covered, merged
from services.download.domain.refusals import DownloadAlreadyDone, DownloadsExhausted, DownloadSpent, FileSuspended

MIB = 1024 * 1024
LEASE = timedelta(seconds=90)
LAST_BYTES = MIB
IN_DOUBT_BYTES = 4 * MIB
LAST_BYTES_LEASE = timedelta(minutes=30)
MOST_UNDONE = 20
MOST_PIECES = 500

Standing = Literal["running", "done", "dead", "given-back"]


class Progress(NamedTuple):
    """What one GET has done since its last record.

    `handed` went into the line, or is about to; `delivered` is the part of it that has surely arrived: on a line that
    broke, all but the last `IN_DOUBT_BYTES`. `sent_bytes` is new traffic.
    """

    handed: Range
    delivered: Range
    sent_bytes: int


class Download(BaseModel):
    """One attempt at one file, under an id that the client chose.

    A running download whose lease has died is never rewritten: `standing` judges it when it matters.
    """

    model_config = ConfigDict(frozen=True)

    state: Literal["running", "done", "given-back"] = "running"
    started_at: datetime
    lease_until: datetime
    delivered: Ranges = ()
    handed: Ranges = ()
    sent_bytes: int = 0
    ended_at: datetime | None = None

    def at_its_last_bytes(self, size_bytes: int) -> bool:
        """Where sent and received cannot be told apart: the last MiB was handed to the line, or is about to be."""
        return bool(self.handed) and size_bytes - covered(self.handed) <= LAST_BYTES

    def standing(self, size_bytes: int, now: datetime) -> Standing:
        """What it is now: a lease that died inside the last MiB counts as done, any other one is dead."""
        if self.state != "running" or now < self.lease_until:
            return self.state
        return "done" if self.at_its_last_bytes(size_bytes) else "dead"

    def spent(self, size_bytes: int) -> bool:
        """It has carried more than twice the file, or was fetched in more pieces than we keep book of."""
        return self.sent_bytes > 2 * size_bytes + 64 * MIB or len(self.handed) > MOST_PIECES

    def leased(self, size_bytes: int, now: datetime) -> Self:
        """The lease begins again: 90 s, or 30 min once the last MiB is on its way."""
        life = LAST_BYTES_LEASE if self.at_its_last_bytes(size_bytes) else LEASE
        return self.model_copy(update={"state": "running", "ended_at": None, "lease_until": now + life})

    def with_progress(self, progress: Progress) -> Self:
        """With these bytes added to the book."""
        return self.model_copy(
            update={
                "handed": merged(*self.handed, progress.handed),
                "delivered": merged(*self.delivered, progress.delivered),
                "sent_bytes": self.sent_bytes + progress.sent_bytes,
            }
        )

    def resumed_at(self, start: int) -> Self:
        """Who goes on from a byte in the middle of what was handed over has what lies before it."""
        known = [(first, start) for first, stop in self.handed if first < start <= stop]
        return self.model_copy(update={"delivered": merged(*self.delivered, *known)})

    def ended(self, state: Literal["done", "given-back"], at: datetime) -> Self:
        """Over; a finished one needs its ranges no more."""
        ranges: dict[str, Ranges] = {"delivered": (), "handed": ()} if state == "done" else {}
        return self.model_copy(update={"state": state, "ended_at": at, **ranges})


class Shelf(BaseModel):
    """One file of one link: how often it may be had, and every download of it."""

    model_config = ConfigDict(frozen=True)

    path: str
    size_bytes: int
    limit: int
    downloads: dict[str, Download] = Field(default_factory=dict)
    reopened_at: datetime | None = None

    def count(self, standing: Standing, now: datetime) -> int:
        """How many downloads stand so."""
        return sum(one.standing(self.size_bytes, now) == standing for one in self.downloads.values())

    def left(self, now: datetime) -> int:
        """How many more may be started now."""
        return max(0, self.limit - self.count("done", now) - self.count("running", now))

    def suspended(self, now: datetime) -> bool:
        """Undone downloads delivered too often, or too much, since the sender last opened the file."""
        undone = [
            one.sent_bytes
            for one in self.downloads.values()
            if one.standing(self.size_bytes, now) in ("dead", "given-back")
            and one.sent_bytes
            and (self.reopened_at is None or one.started_at > self.reopened_at)
        ]
        return len(undone) > MOST_UNDONE or sum(undone) > 5 * self.size_bytes + 256 * MIB

    def taken(self, id: str, now: datetime) -> Self:
        """With a lease for this download (quota rules 1 and 2); the same shelf when it has one.

        Refuses when no slot is free, when the file is suspended, and for a download that has carried too much.
        """
        known = self.downloads.get(id)
        if known is not None and known.standing(self.size_bytes, now) in ("running", "done"):
            return self
        if known is not None and known.spent(self.size_bytes):
            raise DownloadSpent()
        if not self.left(now):
            raise DownloadsExhausted(done=self.count("done", now), running=self.count("running", now))
        if self.suspended(now):
            raise FileSuspended()
        download = known or Download(started_at=now, lease_until=now + LEASE)
        return self._with(id, download.leased(self.size_bytes, now))._without_idle(now)

    def fetched(self, id: str, start: int, now: datetime) -> Self:
        """A GET begins at this byte: the lease is taken, again if it has died, and renewed."""
        shelf = self.taken(id, now)
        download = shelf.downloads[id]
        if download.standing(self.size_bytes, now) == "done":
            raise DownloadAlreadyDone(left=self.left(now))
        if download.spent(self.size_bytes):
            raise DownloadSpent()
        return shelf._with(id, download.resumed_at(start).leased(self.size_bytes, now))

    def progressed(self, id: str, progress: Progress, now: datetime) -> Self:
        """Book what was handed over, and renew (rule 3); whether the GET may go on is the download's state after.

        Bytes sent without a lease, and past the bound of one download, are booked as undone.
        """
        known = self.downloads.get(id, Download(state="given-back", started_at=now, lease_until=now))
        if known.state == "done":
            return self
        booked = known.with_progress(progress)
        if booked.spent(self.size_bytes):
            return self._with(id, booked.ended("given-back", now))
        if known.state == "given-back" or not self._goes_on(known, now):
            return self._with(id, booked.ended("given-back", known.ended_at or known.lease_until))
        return self._with(id, booked.leased(self.size_bytes, now))

    def completed(self, id: str, now: datetime) -> Self:
        """Done, once every byte was delivered (rule 4); the same shelf while some are missing."""
        known = self.downloads.get(id)
        if known is None or known.state != "running" or covered(known.delivered) < self.size_bytes:
            return self
        return self._with(id, known.ended("done", now))

    def settled(self, now: datetime) -> Self:
        """Downloads that died inside their last MiB are done (rule 4)."""
        over = {
            id: one.ended("done", one.lease_until)
            for id, one in self.downloads.items()
            if one.state == "running" and one.standing(self.size_bytes, now) == "done"
        }
        return self.model_copy(update={"downloads": {**self.downloads, **over}}) if over else self

    def given_back(self, id: str, now: datetime) -> Self:
        """The client gives a download up (rule 5); inside the last MiB that changes nothing."""
        known = self.downloads.get(id)
        if known is None or known.state != "running" or known.at_its_last_bytes(self.size_bytes):
            return self
        return self._with(id, known.ended("given-back", now))

    def _goes_on(self, download: Download, now: datetime) -> bool:
        standing = download.standing(self.size_bytes, now)
        return standing == "running" or (standing == "dead" and bool(self.left(now)) and not self.suspended(now))

    def _with(self, id: str, download: Download) -> Self:
        return self.model_copy(update={"downloads": {**self.downloads, id: download}})

    def _without_idle(self, now: datetime) -> Self:
        """Downloads that ended without a byte are forgotten: they cost nothing and would only pile up."""
        kept = {
            id: one
            for id, one in self.downloads.items()
            if one.sent_bytes or one.standing(self.size_bytes, now) in ("running", "done")
        }
        return self.model_copy(update={"downloads": kept})
