"""What one recipient may do with one transfer; every rule is one write on the document of the link (R33, R39)."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from services.contracts.download import FileDownloaded, FileSuspended
from services.contracts.values import FileSummary, Recipient, TransferReference
from services.download.domain import refusals
from services.download.domain.archive import (
    ArchiveContents,
    ArchiveDownload,
    exhausted,
    suspended,
    with_archive_leases,
    without_old_ones,
)
from services.download.domain.coverage import NO_BYTES, ByteCounts, is_edge
from services.download.domain.download import Download, GetProgress, GetStart
from services.download.domain.quota import FileQuota
from services.download.domain.refusals import (
    DownloadAlreadyDone,
    DownloadsExhausted,
    DownloadSpent,
    DownloadsRunning,
    FileUnknown,
    LinkExpired,
)
from services.kit.aggregate import Aggregate
from services.kit.events import Event

MAX_STEPS = 10_000
"""Of the coverage of all files together; beyond, a GET begins where a run ended, and twice as many are never kept."""

Decision = tuple["Link", list[Event]]
Changed = TypeVar("Changed", FileQuota, ArchiveDownload)


class MailRequest(BaseModel):
    """The last mail of a kind: under which id and when it was asked for; `earlier` are those of the day before it."""

    model_config = ConfigDict(frozen=True)

    id: str
    at: datetime
    earlier: tuple[datetime, ...] = ()


class Link(Aggregate):
    """One recipient's right to one transfer; `id` is the keyed hash of a token that is stored nowhere.

    `quotas` holds the files that were ever started, `archives` the downloads of several at once. `settles_at` is when a
    download inside its last MiB will count, `busy_until` when the last lease ends, `remind_at` when the recipient is
    reminded, unless that was done. `files` and `total_bytes` say how much there was when it was issued.
    """

    transfer: str
    reference: TransferReference
    recipient: Recipient
    downloads_per_file: int
    ends_at: datetime
    issued_at: datetime | None = None
    files: int = 0
    total_bytes: int = 0
    quotas: dict[str, FileQuota] = Field(default_factory=dict)
    archives: dict[str, ArchiveDownload] = Field(default_factory=dict)
    opened_at: datetime | None = None
    settles_at: datetime | None = None
    busy_until: datetime | None = None
    remind_at: datetime | None = None
    resent: MailRequest | None = None
    reminded: MailRequest | None = None

    # --- what is known ---

    def quota(self, file: FileSummary, file_id: str) -> FileQuota:
        """Return the quota of a file; one that was never started has all its downloads left."""
        quotas = {file_id: self.quotas.get(file_id) or self._unused(file)}
        return with_archive_leases(quotas, self.archives.values())[file_id]

    def quotas_of(self, file_ids: Iterable[str]) -> dict[str, FileQuota]:
        """Return the quotas of files that were started, or given a quota by `with_quotas`."""
        return with_archive_leases({id: self.quotas[id] for id in file_ids}, self.archives.values())

    def files_downloaded(self, now: datetime) -> int:
        """Return how many files this recipient has downloaded at least once."""
        return sum(quota.count("done", now) > 0 for quota in self.quotas_of(self.quotas).values())

    def has_everything(self, files: int, now: datetime) -> bool:
        """Return whether this recipient has downloaded each of so many files at least once."""
        return self.files_downloaded(now) >= files

    def must_not_be_over(self, now: datetime) -> None:
        """Refuse after the end date, to the second; a download that was begun before may still finish (R39)."""
        if now >= self.ends_at and (self.busy_until is None or now >= self.busy_until):
            raise LinkExpired()

    # --- rules; those of a download are in `FileAttempt` and `ArchiveAttempt` ---

    def mark_opened(self, now: datetime) -> Decision:
        """Note that the recipient has opened the page; the first time is kept."""
        return (self if self.opened_at else self.evolve(opened_at=now)), []

    def reopen(self, file_id: str, now: datetime) -> Decision:
        """Open a suspended file again at the sender's wish: what was sent before suspends it no more."""
        if file_id not in self.quotas:
            raise FileUnknown()
        return self.with_quota(self.quotas[file_id].summary, file_id, now, lambda quota: quota.reopened())

    def settle(self, now: datetime) -> Decision:
        """Count the downloads whose lease ended inside their last MiB, and tell the sender of them."""
        link, events = self, list[Event]()
        if self.settles_at is None or now < self.settles_at:
            return link, events
        for file_id, quota in self.quotas.items():
            link, more = link.with_quota(quota.summary, file_id, now, lambda one: one)
            events += more
        for id, archive in self.archives.items():
            settled = archive.settled(now)
            counts = archive.added_by_settling if settled != archive else NO_BYTES
            link, more = link.with_archive(id, settled, now, counts)
            events += more
        return link._with_dates(now), events

    def without_reminder(self) -> Self:
        """Cancel the reminder that is due."""
        return self.evolve(remind_at=None)

    # --- the parts of a rule ---

    def with_quota(
        self, file: FileSummary, file_id: str, now: datetime, rule: Callable[[FileQuota], FileQuota]
    ) -> Decision:
        """Apply a rule to the quota of one file, after settling its downloads."""
        before = self.quota(file, file_id)
        after = rule(before.settled(now))
        if after == before:
            return self, []
        link = self.evolve(quotas={**self.quotas, file_id: after.model_copy(update={"archives": ()})})
        return link._with_dates(now), self._events(before, after, now)

    def with_quotas(self, files: Mapping[str, FileSummary]) -> Self:
        """Give each of these files a quota, if it has none."""
        return self.evolve(quotas={**{id: self._unused(file) for id, file in files.items()}, **self.quotas})

    def with_archive(self, id: str, archive: ArchiveDownload, now: datetime, counts: ByteCounts = NO_BYTES) -> Decision:
        """Put this archive in, which has handed out these bytes; one that is done now counts on each file, once."""
        known = self.archives.get(id)
        if archive == known and not counts.large:
            return self, []
        quotas, events = dict(self.quotas), list[Event]()
        for file_id, of_file in archive.by_file(counts, quotas):
            before, quotas[file_id] = quotas[file_id], quotas[file_id].with_handed_out(of_file)
            events += self._events(before, quotas[file_id], now)
        if archive.state == "done" and not (known and known.state == "done"):
            for file_id in archive.offsets:
                before = quotas[file_id].settled(now)
                quotas[file_id] = before.with_done(f"archive:{id}", archive)
                events += self._events(before, quotas[file_id], now)
        archives = without_old_ones({**self.archives, id: archive}, now)
        return self.evolve(quotas=quotas, archives=archives)._with_dates(now), events

    def must_not_split(self, quota: FileQuota, start: int) -> None:
        """Refuse a GET that would split a step of this file's coverage, when the link has too many steps already."""
        steps = sum(len(one.coverage) for one in self.quotas.values())
        if steps > 2 * MAX_STEPS or (steps > MAX_STEPS and not is_edge(quota.coverage, start)):
            raise DownloadSpent()

    def before_the_end(self, before: Changed, after: Changed, now: datetime) -> Changed:
        """Return `after`; refuse a new lease after the end date, while one that runs goes on (R39)."""
        if after != before and now >= self.ends_at:
            raise LinkExpired()
        return after

    def _unused(self, file: FileSummary) -> FileQuota:
        return FileQuota(path=file.path, size_bytes=file.size_bytes, limit=self.downloads_per_file)

    def _events(self, before: FileQuota, after: FileQuota, now: datetime) -> list[Event]:
        """Return what the sender is told: each download that is done now, in that order, and a suspension."""
        reference, recipient, file = self.reference, self.recipient.address, after.summary
        known = {id for id, one in before.downloads.items() if one.state == "done"}
        done = [(one.ended_at, id) for id, one in after.downloads.items() if one.state == "done" and one.ended_at]
        new = sorted(entry for entry in done if entry[1] not in known)
        events: list[Event] = [
            FileDownloaded(
                reference=reference, recipient=recipient, file=file, times=len(known) + place, downloaded_at=at
            )
            for place, (at, _) in enumerate(new, start=1)
        ]
        if after.is_suspended and not before.is_suspended:
            events.append(FileSuspended(reference=reference, recipient=recipient, file=file, suspended_at=now))
        return events

    def _with_dates(self, now: datetime) -> Self:
        """Set the dates that follow from the downloads; one that should have been settled is not forgotten."""
        downloads: list[Download] = [one for quota in self.quotas.values() for one in quota.downloads.values()]
        downloads += self.archives.values()
        running = [one.lease_until for one in downloads if one.state_at(now) == "running"]
        unsettled = [one.lease_until for one in downloads if one.state == "running" and one.is_in_its_last_mib]
        return self.evolve(busy_until=max(running, default=None), settles_at=min(unsettled, default=None))


class FileAttempt(NamedTuple):
    """A download of one file, under an id that the client chose."""

    file: FileSummary
    file_id: str
    id: str

    @property
    def size_bytes(self) -> int:
        """The size of the whole."""
        return self.file.size_bytes

    def find(self, link: Link) -> Download | None:
        """Return what is known of it."""
        quota = link.quotas.get(self.file_id)
        return quota.downloads.get(self.id) if quota else None

    def start(self, link: Link, now: datetime) -> Decision:
        """Take a lease, until the end date; the same id again changes nothing."""
        return self._change(link, now, lambda quota: link.before_the_end(quota, quota.with_lease(self.id, now), now))

    def fetch(self, link: Link, begun: GetStart, now: datetime) -> Decision:
        """Begin a GET; within a lease it may begin after the end date too, but takes no new lease then."""

        def rule(quota: FileQuota) -> FileQuota:
            link.must_not_split(quota, begun.span[0])
            link.before_the_end(quota, quota.with_lease(self.id, now), now)
            return quota.with_get(self.id, begun, now)

        return self._change(link, now, rule)

    def progress(self, link: Link, progress: GetProgress, now: datetime) -> Decision:
        """Record what a GET handed out, and reserve what follows; its reservation then says whether it may go on."""
        return self._change(link, now, lambda quota: quota.with_progress(self.id, progress, now))

    def give_back(self, link: Link, now: datetime) -> Decision:
        """End it at the client's wish: its lease is free again."""
        return self._change(link, now, lambda quota: quota.given_back(self.id, now))

    def _change(self, link: Link, now: datetime, rule: Callable[[FileQuota], FileQuota]) -> Decision:
        return link.with_quota(self.file, self.file_id, now, rule)


class ArchiveAttempt(NamedTuple):
    """A download of several files at once: all leases are taken together, or none (quota rule 8).

    It costs none of its files a download before the whole was delivered, and then counts on each of them.
    """

    contents: ArchiveContents
    id: str

    @property
    def size_bytes(self) -> int:
        """The size of the whole."""
        return self.contents.size_bytes

    def find(self, link: Link) -> Download | None:
        """Return what is known of it."""
        return link.archives.get(self.id)

    def start(self, link: Link, now: datetime) -> Decision:
        """Take a lease on each file, until the end date; the same id again changes nothing.

        Refuses with the ids of the files that cannot be downloaded, and then takes nothing.
        """
        return self._change(link, now, lambda one: link.before_the_end(one, one.with_lease(now), now))

    def fetch(self, link: Link, begun: GetStart, now: datetime) -> Decision:
        """Begin a GET of these bytes of the archive: all leases are renewed, or taken again if they have ended."""
        start = begun.span[0]

        def rule(one: ArchiveDownload) -> ArchiveDownload:
            if one.state_at(now) != "done":
                link.before_the_end(one, one.with_lease(now), now)
            elif not one.serves_again(start, now):
                raise DownloadAlreadyDone()
            return one.with_get(begun, now)

        for file, offset in self.contents.offsets.items():
            if file in link.quotas and offset <= start < offset + self.contents.files[file].size_bytes:
                link.must_not_split(link.quotas[file], start - offset)
        return self._change(link, now, rule)

    def progress(self, link: Link, progress: GetProgress, now: datetime) -> Decision:
        """Record what a GET handed out, and reserve what follows; its reservation then says whether it may go on."""
        known = link.archives.get(self.id)
        if known is None:
            return link, []
        counts = known.added_by(progress)
        if known.state != "given-back":
            with suppress(DownloadsExhausted, DownloadsRunning, refusals.DownloadsSuspended):
                return self._change(link, now, lambda one: one.with_progress(progress, may_go_on=True, now=now), counts)
        cut_off = lambda one: one.with_progress(progress, may_go_on=False, now=now)  # noqa: E731
        return self._change(link, now, cut_off, counts, is_limited=False)

    def give_back(self, link: Link, now: datetime) -> Decision:
        """End it at the client's wish: all its leases are free again."""
        if self.id not in link.archives:
            return link, []
        return self._change(link, now, lambda one: one.given_back(now), is_limited=False)

    def _change(
        self,
        link: Link,
        now: datetime,
        rule: Callable[[ArchiveDownload], ArchiveDownload],
        counts: ByteCounts = NO_BYTES,
        *,
        is_limited: bool = True,
    ) -> Decision:
        """Apply a rule to the archive, after settling the link; refuse a change that exceeds the limit of a file."""
        link, events = link.settle(now)
        before = link.archives.get(self.id)
        if before is None:
            link, before = link.with_quotas(self.contents.files), ArchiveDownload.of(self.contents, now)
        after = rule(before)
        changed, more = link.with_archive(self.id, after, now, counts)
        if is_limited and changed != link:
            takes_lease = before.state_at(now) in ("expired", "given-back")
            quotas = changed.quotas_of(after.offsets)
            over = [file for file, quota in quotas.items() if quota.is_over_the_limit(now)]
            refusal = exhausted(link.quotas_of(over), over, now) or (suspended(quotas) if takes_lease else None)
            if refusal is not None:
                raise refusal
        return changed, [*events, *more]


DownloadAttempt = FileAttempt | ArchiveAttempt
