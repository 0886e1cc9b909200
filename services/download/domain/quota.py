"""One file of one link: how often its bytes were handed out, how many downloads are left, and its downloads."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from math import ceil
from typing import Any, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field

from services.contracts.values import FileSummary
from services.download.domain.coverage import ByteCounts, Steps, added, bytes_of, copies
from services.download.domain.download import MIB, Download, DownloadState, GetProgress, GetStart
from services.download.domain.ranges import Range
from services.download.domain.refusals import (
    DownloadAlreadyDone,
    DownloadsExhausted,
    DownloadsRunning,
    DownloadsSuspended,
    DownloadStillRunning,
)
from services.kit.refusals import Refusal

MAX_LOADS = 100
MAX_SENT_BYTES = 1024 * MIB
"""A file whose bytes were sent more than a hundred times and another 1 GiB is suspended, for the load alone."""
MAX_UNFINISHED = 20
RETRY_SECONDS = 10


class LeasedArchive:
    """An archive that may still hand out bytes.

    Its state and its outstanding bytes at one moment are computed once, however many files it holds: an archive of a
    thousand files may have been fetched in hundreds of ranges.
    """

    def __init__(self, download: Download) -> None:
        self.download = download
        self.state_at = cache(download.state_at)
        self.outstanding = cache(download.outstanding)


class ArchiveLease(NamedTuple):
    """The lease that an archive holds on a file, and where the file lies in the archive."""

    archive: LeasedArchive
    window: Range


def no_lease_free(free_at: Sequence[datetime | None], now: datetime, **members: Any) -> Refusal:
    """Return the refusal when no lease is free before these moments: a final one if one of them never comes."""
    moments = [at for at in free_at if at is not None]
    if len(moments) < len(free_at):
        return DownloadsExhausted(**members)
    return DownloadsRunning(retry_after_seconds=ceil((max(moments) - now).total_seconds()), **members)


class FileQuota(BaseModel):
    """One file of one link, which allows `limit` downloads of it.

    `coverage` counts how often each byte was handed out; `sent_bytes` is their sum since the sender last reopened the
    file. `archives` are those that may still hand out bytes of this file; the link adds them, and they are not stored.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    path: str
    size_bytes: int
    limit: int
    downloads: dict[str, Download] = Field(default_factory=dict)
    coverage: Steps = ()
    sent_bytes: int = 0
    archives: tuple[ArchiveLease, ...] = Field(default=(), exclude=True)

    # --- what is left ---

    @property
    def summary(self) -> FileSummary:
        """The file as mails and events list it."""
        return FileSummary(path=self.path, size_bytes=self.size_bytes)

    @property
    def is_suspended(self) -> bool:
        """It was sent so often, since the sender last opened it, that the load is stopped (docs/downloads.md)."""
        return self.sent_bytes > MAX_LOADS * self.size_bytes + MAX_SENT_BYTES

    def count(self, state: DownloadState, now: datetime) -> int:
        """Return how many downloads are in this state, including archives with this file in them."""
        leased = (
            one.archive for one in self.archives if one.archive.download.state == "running"
        )  # a done one is listed
        states = [*(one.state_at(now) for one in self.downloads.values()), *(one.state_at(now) for one in leased)]
        return states.count(state)

    def left(self, now: datetime) -> int:
        """Return how many more downloads may be started now."""
        return max(0, self.limit - self._possible_copies(now))

    def is_over_the_limit(self, now: datetime) -> bool:
        """Return whether more copies than the limit can be put together once everything outstanding is handed out."""
        return self._possible_copies(now) > self.limit

    def free_at(self, now: datetime) -> datetime | None:
        """Return when one more may be started if the running ones hand out nothing more; none if that never comes.

        Searched by halves: while nothing more is handed out, what is outstanding only shrinks.
        """
        running = (*self.downloads.values(), *(one.archive.download for one in self.archives))
        ends = {end for one in running for end in (one.lease_until, *(get.until for get in one.gets.values()))}
        later = sorted(end for end in ends if end > now)
        first = bisect_left(later, True, key=lambda end: self.left(end) > 0)
        return later[first] if first < len(later) else None

    def refusal_to_start(self, now: datetime) -> Refusal | None:
        """Return why no download can be started now, if so."""
        if not self.left(now):
            return self._exhausted(now)
        return DownloadsSuspended() if self.is_suspended else None

    # --- what happens to it ---

    def with_lease(self, id: str, now: datetime) -> Self:
        """Take a lease for this download; nothing changes when it has one, or is done."""
        before = self._download(id, now)
        after = before.with_lease(now)
        return self if after is before else self._within_the_limit(id, after, now, takes_lease=True)

    def with_get(self, id: str, begun: GetStart, now: datetime) -> Self:
        """Begin a GET under the same conditions, and reserve its first bytes."""
        before = self._download(id, now)
        if before.state_at(now) == "done" and not before.serves_again(begun.span[0], now):
            raise DownloadAlreadyDone(left=self.left(now))
        takes_lease = before.state_at(now) not in ("running", "done")
        after = before.with_get(begun, now)
        alone = after.model_copy(update={"gets": {begun.get: after.gets[begun.get]}})
        if not self._with(id, alone).is_over_the_limit(now) and self._with(id, after).is_over_the_limit(now):
            raise DownloadStillRunning(retry_after_seconds=RETRY_SECONDS)
        return self._within_the_limit(id, after, now, takes_lease=takes_lease)

    def with_progress(self, id: str, progress: GetProgress, now: datetime) -> Self:
        """Record what was handed out, and let the GET go on if the limit allows it.

        A lease that has ended is taken again if one is free; if not, what the GET asks for is not reserved.
        """
        before = self.downloads.get(id)
        if before is None:
            return self
        recorded = self.with_handed_out(before.added_by(progress))
        is_barred = before.state_at(now) == "expired" and self.is_suspended
        if before.state != "given-back" and not is_barred:
            after = recorded._with(id, before.with_progress(progress, may_go_on=True, now=now))
            if not after.is_over_the_limit(now):
                return after
        return recorded._with(id, before.with_progress(progress, may_go_on=False, now=now))

    def settled(self, now: datetime) -> Self:
        """Count the downloads whose lease ended inside their last MiB."""
        quota = self
        for id, one in self.downloads.items():
            after = one.settled(now)
            if after is not one:
                quota = quota.with_handed_out(one.added_by_settling)._with(id, after)
        return quota

    def given_back(self, id: str, now: datetime) -> Self:
        """End a download at the client's wish."""
        return self._with(id, self.downloads[id].given_back(now)) if id in self.downloads else self

    def reopened(self) -> Self:
        """Open the file again: what was sent before suspends it no more."""
        return self.model_copy(update={"sent_bytes": 0})

    def with_handed_out(self, counts: ByteCounts) -> Self:
        """Add bytes of this file to the coverage."""
        if not counts.large:
            return self
        coverage = added(self.coverage, counts.of(self.size_bytes), self.limit + 1)
        return self.model_copy(update={"coverage": coverage, "sent_bytes": self.sent_bytes + bytes_of(counts.large)})

    def with_done(self, id: str, archive: Download) -> Self:
        """Add a finished download that was part of this archive."""
        kept = archive.model_dump(include={"state", "started_at", "lease_until", "ended_at"})
        return self._with(id, Download(size_bytes=self.size_bytes, **kept))

    def _possible_copies(self, now: datetime) -> int:
        """Return how many copies there are once everything outstanding is handed out.

        An empty file has no bytes to count: its downloads are counted.
        """
        if not self.size_bytes:
            return self.count("done", now) + self.count("running", now)
        steps = [one.outstanding(now).of(self.size_bytes) for one in self.downloads.values()]
        steps += [one.archive.outstanding(now).within(one.window).of(self.size_bytes) for one in self.archives]
        outstanding = tuple(step for some in steps for step in some)
        return copies(self.size_bytes, added(self.coverage, outstanding, self.limit + 1))

    def _within_the_limit(self, id: str, download: Download, now: datetime, *, takes_lease: bool) -> Self:
        """Put this download in, or refuse when it would exceed the limit, or take a lease of a suspended file."""
        after = self._with(id, download)._without_old_ones(now)
        if after.is_over_the_limit(now):
            raise self._exhausted(now)
        if takes_lease and self.is_suspended:
            raise DownloadsSuspended()
        return after

    def _exhausted(self, now: datetime) -> Refusal:
        return no_lease_free([self.free_at(now)], now, done=self.count("done", now), running=self.count("running", now))

    def _download(self, id: str, now: datetime) -> Download:
        return self.downloads.get(id) or Download.new(self.size_bytes, now)

    def _with(self, id: str, download: Download) -> Self:
        if self.downloads.get(id) == download:
            return self
        return self.model_copy(update={"downloads": {**self.downloads, id: download}})

    def _without_old_ones(self, now: datetime) -> Self:
        """Drop unfinished downloads that are over, but for the latest with bytes; the bytes stay counted."""
        over = {id: one for id, one in self.downloads.items() if one.state != "done" and one.is_over(now)}
        sent = sorted((one.started_at, id) for id, one in over.items() if one.sent_bytes)
        kept = {id for _, id in sent[-MAX_UNFINISHED:]}
        downloads = {id: one for id, one in self.downloads.items() if id not in over or id in kept}
        return self.model_copy(update={"downloads": downloads})
