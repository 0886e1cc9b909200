"""How often may one file of one link be fetched? No lease begins when done and running downloads are at the limit."""

from collections.abc import Callable
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from services.contracts.values import FileLine
from services.download.domain.downloads import Download, Progress, Standing, suspended
from services.download.domain.refusals import DownloadAlreadyDone, DownloadsExhausted, FileSuspended
from services.kit.refusals import Refusal


class Shelf(BaseModel):
    """One file of one link: how often it may be had, and every download of it.

    `held` are unfinished archives with this file in them: the link adds them to the shelf that it shows, and they are
    not stored with it.
    """

    model_config = ConfigDict(frozen=True)

    path: str
    size_bytes: int
    limit: int
    downloads: dict[str, Download] = Field(default_factory=dict)
    reopened_at: datetime | None = None
    held: tuple[Download, ...] = Field(default=(), exclude=True)

    @property
    def line(self) -> FileLine:
        """The file as a mail lists it."""
        return FileLine(path=self.path, size_bytes=self.size_bytes)

    def count(self, standing: Standing, now: datetime) -> int:
        """How many downloads stand so, an archive that holds this file among them."""
        return sum(one.standing(now) == standing for one in (*self.downloads.values(), *self.held))

    def left(self, now: datetime) -> int:
        """How many more may be started now."""
        return max(0, self.limit - self.count("done", now) - self.count("running", now))

    def suspended(self, now: datetime) -> bool:
        """Undone downloads delivered too often, or too much, since the sender last opened the file."""
        since = self.reopened_at
        undone = [one for one in self.downloads.values() if one.undone(now) and (not since or one.started_at > since)]
        return suspended(undone, self.size_bytes)

    def suspended_from(self, now: datetime) -> datetime | None:
        """When it will be suspended unless something is delivered to the end meanwhile, if that is to be expected."""
        ends = [one.lease_until for one in self.downloads.values() if one.standing(now) == "running"]
        return max(ends) if ends and self.suspended(max(ends)) else None

    def barred(self, now: datetime) -> Refusal | None:
        """Why no lease can begin now: all are used or running, or the file is suspended."""
        if not self.left(now):
            return DownloadsExhausted(done=self.count("done", now), running=self.count("running", now))
        return FileSuspended() if self.suspended(now) else None

    def taken(self, id: str, now: datetime) -> Self:
        """With a lease for this download; the same shelf when it has one."""
        after = self._change(id, now, lambda one: one.taken(self.barred(now), now))
        return after if after is self else after._without_idle(now)

    def fetched(self, id: str, start: int, now: datetime) -> Self:
        """A GET begins at this byte, under the same conditions."""
        if id in self.downloads and self.downloads[id].standing(now) == "done":
            if self.downloads[id].finishes(start, now):
                return self
            raise DownloadAlreadyDone(left=self.left(now))
        shelf = self.taken(id, now)
        return shelf._change(id, now, lambda one: one.fetched(start, None, now))

    def progressed(self, id: str, progress: Progress, now: datetime) -> Self:
        """Book what was handed over; a dead lease is taken again if one can begin, or if nothing is left."""
        return self._change(id, now, lambda one: one.progressed(progress, self.barred(now), now))

    def completed(self, id: str, now: datetime) -> Self:
        """Done, when every byte was delivered."""
        return self._change(id, now, lambda one: one.completed(now))

    def settled(self, now: datetime) -> Self:
        """Downloads that died inside their last MiB are done."""
        after = {id: one.settled(now) for id, one in self.downloads.items()}
        return self if after == self.downloads else self.model_copy(update={"downloads": after})

    def given_back(self, id: str, now: datetime) -> Self:
        """The client gives a download up."""
        return self._change(id, now, lambda one: one.given_back(now))

    def reopened(self, now: datetime) -> Self:
        """What was undone before counts no more."""
        return self.model_copy(update={"reopened_at": now})

    def with_done(self, id: str, archive: Download) -> Self:
        """With a complete download that was part of this archive."""
        kept = archive.model_dump(include={"state", "started_at", "lease_until", "ended_at"})
        return self._with(id, Download(size_bytes=self.size_bytes, **kept))

    def _change(self, id: str, now: datetime, rule: Callable[[Download], Download]) -> Self:
        before = self.downloads.get(id, Download.unbegun(self.size_bytes, now))
        after = rule(before)
        return self if after == before else self._with(id, after)

    def _with(self, id: str, download: Download) -> Self:
        return self.model_copy(update={"downloads": {**self.downloads, id: download}})

    def _without_idle(self, now: datetime) -> Self:
        """Downloads that ended without a byte are forgotten: they would only pile up."""
        kept = {id: one for id, one in self.downloads.items() if not one.idle(now)}
        return self.model_copy(update={"downloads": kept})
