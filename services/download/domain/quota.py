"""One file of one link: how often its bytes left, who may have it now, and its downloads."""

from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import Any, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field

from services.contracts.values import FileSummary
from services.download.domain.coverage import ByteCounts, Steps, added, bytes_of, copies
from services.download.domain.download import Download, DownloadState
from services.download.domain.gets import MIB, GetProgress, GetStart
from services.download.domain.ranges import Range
from services.download.domain.refusals import (
    DownloadAlreadyDone,
    DownloadsExhausted,
    DownloadsRunning,
    DownloadStillRunning,
    FileSuspended,
)
from services.kit.refusals import Refusal

MAX_LOADS = 100
MAX_SENT_BYTES = 1024 * MIB
"""A file whose bytes were sent more than a hundred times and another 1 GiB is suspended, for the load alone."""
MAX_UNFINISHED = 20
RETRY_SECONDS = 10


class Held(NamedTuple):
    """An archive with this file in it, and where the file lies there."""

    download: Download
    window: Range


def no_lease(free_at: Sequence[datetime | None], now: datetime, **members: Any) -> Refusal:
    """Return the refusal where no more can be started before these moments: for good if one of them never comes."""
    moments = [at for at in free_at if at is not None]
    if len(moments) < len(free_at):
        return DownloadsExhausted(**members)
    return DownloadsRunning(retry_after_seconds=ceil((max(moments) - now).total_seconds()), **members)


class FileQuota(BaseModel):
    """One file of one link.

    `coverage` counts how often each byte left, `sent_bytes` all of them since the sender last opened the file. `held`
    are the archives with this file in them that may still hand out bytes: the link adds them to the quota that it
    shows, and they are not stored with it.
    """

    model_config = ConfigDict(frozen=True)

    path: str
    size_bytes: int
    limit: int
    downloads: dict[str, Download] = Field(default_factory=dict)
    coverage: Steps = ()
    sent_bytes: int = 0
    held: tuple[Held, ...] = Field(default=(), exclude=True)

    @property
    def line(self) -> FileSummary:
        """The file as a mail lists it."""
        return FileSummary(path=self.path, size_bytes=self.size_bytes)

    @property
    def suspended(self) -> bool:
        """It was sent so often, since the sender last opened it, that the load is stopped (docs/downloads.md)."""
        return self.sent_bytes > MAX_LOADS * self.size_bytes + MAX_SENT_BYTES

    def count(self, state_at: DownloadState, now: datetime) -> int:
        """Return how many downloads stand so, an archive that holds this file among them."""
        held = (one.download for one in self.held if one.download.state == "running")  # a done one has its own entry
        return sum(one.state_at(now) == state_at for one in (*self.downloads.values(), *held))

    def left(self, now: datetime) -> int:
        """Return how many more may be started now."""
        return max(0, self.limit - self._copies(now))

    def is_over_the_limit(self, now: datetime) -> bool:
        """More copies could be put together than the limit allows, if all that is promised left."""
        return self._copies(now) > self.limit

    def free_at(self, now: datetime) -> datetime | None:
        """Return when one more may be started if those that run hand out nothing more; none when all are used."""
        promising = (*self.downloads.values(), *(one.download for one in self.held))
        ends = {end for one in promising for end in (one.lease_until, *(get.until for get in one.gets.values()))}
        return next((end for end in sorted(ends) if end > now and self.left(end)), None)

    def exhausted(self, now: datetime) -> Refusal:
        """Return why no lease can begin: all are used, or the others are running."""
        return no_lease([self.free_at(now)], now, done=self.count("done", now), running=self.count("running", now))

    def barred(self, now: datetime) -> Refusal | None:
        """Return why no lease can begin now, if so."""
        if not self.left(now):
            return self.exhausted(now)
        return FileSuspended() if self.suspended else None

    def taken(self, id: str, now: datetime) -> Self:
        """With a lease for this download; the same quota when it has one, or is done."""
        before = self._found(id, now)
        after = before.taken(now)
        return self if after is before else self._allowed(self._with(id, after)._tidied(now), now)

    def fetched(self, id: str, begun: GetStart, now: datetime) -> Self:
        """A GET of these bytes begins, under the same conditions, and reserves the first of them."""
        before = self._found(id, now)
        if before.state_at(now) == "done" and not before.finishes(begun.span[0], now):
            raise DownloadAlreadyDone(left=self.left(now))
        leased = before.state_at(now) in ("running", "done")
        after = before.fetched(begun, now)
        alone = after.model_copy(update={"gets": {begun.get: after.gets[begun.get]}})
        if not self._with(id, alone).is_over_the_limit(now) and self._with(id, after).is_over_the_limit(now):
            raise DownloadStillRunning(retry_after_seconds=RETRY_SECONDS)
        return self._allowed(self._with(id, after)._tidied(now), now, lease=not leased)

    def progressed(self, id: str, progress: GetProgress, now: datetime) -> Self:
        """Book what was handed over, and let the GET go on if nothing is in the way.

        A dead lease is taken again if one can begin; else what the GET still wants is not reserved.
        """
        before = self.downloads.get(id)
        if before is None:
            return self
        booked = self.booked(before.booked(progress))
        dead = before.state_at(now) == "expired"
        if before.state != "given-back" and not (dead and self.suspended):
            after = booked._with(id, before.progressed(progress, may_go_on=True, now=now))
            if not after.is_over_the_limit(now):
                return after
        return booked._with(id, before.progressed(progress, may_go_on=False, now=now))

    def completed(self, id: str, now: datetime) -> Self:
        """Done, when every byte was delivered."""
        return self._with(id, self.downloads[id].completed(now)) if id in self.downloads else self

    def settled(self, now: datetime) -> Self:
        """Downloads that died inside their last MiB are done."""
        quota = self
        for id, one in self.downloads.items():
            after = one.settled(now)
            if after is not one:
                quota = quota.booked(one.unbooked)._with(id, after)
        return quota

    def given_back(self, id: str, now: datetime) -> Self:
        """The client gives a download up."""
        return self._with(id, self._found(id, now).given_back(now)) if id in self.downloads else self

    def reopened(self) -> Self:
        """What was sent before suspends the file no more."""
        return self.model_copy(update={"sent_bytes": 0})

    def booked(self, gone: ByteCounts) -> Self:
        """With these bytes of the file handed out, and counted."""
        if not gone.large:
            return self
        coverage = added(self.coverage, gone.of(self.size_bytes), self.limit + 1)
        return self.model_copy(update={"coverage": coverage, "sent_bytes": self.sent_bytes + bytes_of(gone.large)})

    def with_done(self, id: str, archive: Download) -> Self:
        """With a complete download that was part of this archive."""
        kept = archive.model_dump(include={"state", "started_at", "lease_until", "ended_at"})
        return self._with(id, Download(size_bytes=self.size_bytes, **kept))

    def _copies(self, now: datetime) -> int:
        """How many copies there are when everything that is promised has left; an empty file has no bytes to count."""
        if not self.size_bytes:
            return self.count("done", now) + self.count("running", now)
        steps = [one.promised(now).of(self.size_bytes) for one in self.downloads.values()]
        steps += [one.download.promised(now).within(one.window).of(self.size_bytes) for one in self.held]
        promised = tuple(step for some in steps for step in some)
        return copies(self.size_bytes, added(self.coverage, promised, self.limit + 1))

    def _allowed(self, after: Self, now: datetime, *, lease: bool = True) -> Self:
        """The quota after this change, with a new lease or within one; or a refusal."""
        if after.is_over_the_limit(now):
            raise self.exhausted(now)
        if lease and self.suspended:
            raise FileSuspended()
        return after

    def _found(self, id: str, now: datetime) -> Download:
        return self.downloads.get(id) or Download.new(self.size_bytes, now)

    def _with(self, id: str, download: Download) -> Self:
        if self.downloads.get(id) == download:
            return self
        return self.model_copy(update={"downloads": {**self.downloads, id: download}})

    def _tidied(self, now: datetime) -> Self:
        """Without what piles up: undone downloads but the latest; the bytes that they sent stay counted."""
        over = sorted((one.started_at, id) for id, one in self.downloads.items() if one.over(now) and one.sent_bytes)
        idle = {id for id, one in self.downloads.items() if one.over(now) and not one.sent_bytes}
        gone = idle.union(id for _, id in over[:-MAX_UNFINISHED])
        return self.model_copy(update={"downloads": {id: one for id, one in self.downloads.items() if id not in gone}})
