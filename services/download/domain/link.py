"""What may one recipient do with one transfer? Every rule is one write on the link's own document."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from services.contracts.download import LinkIssued
from services.contracts.values import FileSummary, Recipient, TransferReference
from services.download.domain import news
from services.download.domain.archive import Archive, tidied, with_archives
from services.download.domain.contents import Contents
from services.download.domain.coverage import NOTHING, ByteCounts, is_edge
from services.download.domain.download import Download
from services.download.domain.gets import GetProgress, GetStart
from services.download.domain.policy import DownloadPolicy
from services.download.domain.quota import FileQuota
from services.download.domain.refusals import DownloadSpent, FileUnknown, LinkExpired
from services.kit.aggregate import Aggregate
from services.kit.events import Event

NO_REMINDER_WITHIN = timedelta(hours=12)
MAX_STEPS = 10_000
"""Of the coverage of all files together; beyond, a GET begins where a run ended, and twice as many are never kept."""

Decision = tuple["Link", list[Event]]


class MailRequest(BaseModel):
    """The last mail of a kind: under which id it was asked for, and when; `earlier` are those of the day before it."""

    model_config = ConfigDict(frozen=True)

    id: str
    at: datetime
    earlier: tuple[datetime, ...] = ()


class Link(Aggregate):
    """One recipient's right to one transfer; `id` is the keyed hash of a token that is stored nowhere.

    `quotas` holds the files that were ever started, `archives` the attempts at several at once. `settles_at` is when a
    download inside its last MiB will count, `busy_until` when the last lease dies, `remind_at` when the recipient is
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
    archives: dict[str, Archive] = Field(default_factory=dict)
    opened_at: datetime | None = None
    settles_at: datetime | None = None
    busy_until: datetime | None = None
    remind_at: datetime | None = None
    resent: MailRequest | None = None
    reminded: MailRequest | None = None

    def download(self, file: str, id: str) -> Download | None:
        """One attempt, if there is or was one."""
        quota = self.quotas.get(file)
        return quota.downloads.get(id) if quota else None

    def quota(self, file: FileSummary, file_id: str) -> FileQuota:
        """What is known of a file; an untouched one has all its downloads left."""
        quota = self.quotas.get(file_id) or self._untouched(file)
        archives = [one for one in self.archives.values() if one.holds(file_id)]
        held = tuple(one.held(file_id, file.size_bytes) for one in archives)
        return quota.model_copy(update={"held": held}) if held else quota

    def quotas_of(self, file_ids: Iterable[str]) -> dict[str, FileQuota]:
        """The same for files that have quotas, in a time in proportion to the files and to what the archives hold."""
        return with_archives({id: self.quotas[id] for id in file_ids}, self.archives.values())

    def files_downloaded(self, now: datetime) -> int:
        """How many files this recipient has at least once."""
        return sum(quota.count("done", now) > 0 for quota in self.quotas_of(self.quotas).values())

    def has_everything(self, files: int, now: datetime) -> bool:
        """This recipient has each of so many files at least once."""
        return self.files_downloaded(now) >= files

    def must_not_be_over(self, now: datetime) -> None:
        """Refuse after the end date, to the second; a download begun before may still finish (R39)."""
        if now >= self.ends_at and (self.busy_until is None or now >= self.busy_until):
            raise LinkExpired()

    def opened(self, now: datetime) -> Decision:
        """The recipient says, by a deliberate act of the page, that it was seen; the first time is kept."""
        return (self if self.opened_at else self.evolve(opened_at=now)), []

    def start(self, file: FileSummary, file_id: str, id: str, now: datetime) -> Decision:
        """Take a lease for this download until the end date; the same id again changes nothing."""
        return self._change(file, file_id, now, lambda quota: self._before_the_end(quota, quota.taken(id, now), now))

    def fetch(self, file: FileSummary, file_id: str, id: str, begun: GetStart, now: datetime) -> Decision:
        """A GET begins; inside a lease it may after the end date too, but no new lease begins then."""

        def change(quota: FileQuota) -> FileQuota:
            self.must_keep_count(quota, begun.span[0])
            self._before_the_end(quota, quota.taken(id, now), now)
            return quota.fetched(id, begun, now)

        return self._change(file, file_id, now, change)

    def progress(self, file: FileSummary, file_id: str, id: str, progress: GetProgress, now: datetime) -> Decision:
        """Book what a GET handed over, and reserve what follows; the last missing byte makes the download done.

        The reservation of the GET says after it whether it may go on.
        """

        def change(quota: FileQuota) -> FileQuota:
            after = quota.progressed(id, progress, now)
            return after if progress.goes_on else after.completed(id, now)

        return self._change(file, file_id, now, change)

    def give_back(self, file: FileSummary, file_id: str, id: str, now: datetime) -> Decision:
        """The client gives a download up."""
        return self._change(file, file_id, now, lambda quota: quota.given_back(id, now))

    def reopen(self, file_id: str, now: datetime) -> Decision:
        """The sender opens a suspended file again: what was sent before suspends it no more."""
        if file_id not in self.quotas:
            raise FileUnknown()
        return self._change(self.quotas[file_id].line, file_id, now, lambda quota: quota.reopened())

    def settle(self, now: datetime) -> Decision:
        """Downloads and archives that died inside their last MiB are done; the sender is told of them."""
        link, events = self, list[Event]()
        if self.settles_at is None or now < self.settles_at:
            return link, events
        for file_id, quota in self.quotas.items():
            link, more = link._change(quota.line, file_id, now, lambda one: one)
            events += more
        for id, archive in self.archives.items():
            settled = archive.download.settled(now)
            gone = archive.download.unbooked if settled != archive.download else NOTHING
            link, more = link.with_archive(id, archive.with_download(settled), now, gone)
            events += more
        return link._timed(now), events

    def must_keep_count(self, quota: FileQuota, start: int) -> None:
        """Refuse a GET that would divide the coverage of this file further, when there are too many steps already."""
        steps = sum(len(one.coverage) for one in self.quotas.values())
        if steps > 2 * MAX_STEPS or (steps > MAX_STEPS and not is_edge(quota.coverage, start)):
            raise DownloadSpent()

    def with_quotas(self, files: Mapping[str, FileSummary]) -> Self:
        """With a quota for each of these files, as it is when nobody has asked for it."""
        return self.evolve(quotas={**{id: self._untouched(line) for id, line in files.items()}, **self.quotas})

    def with_archive(self, id: str, archive: Archive, now: datetime, gone: ByteCounts = NOTHING) -> Decision:
        """With this attempt at an archive, which handed out these bytes; a finished one counts on each file, once."""
        known = self.archives.get(id)
        if archive == known and not gone.large:
            return self, []
        quotas, events = dict(self.quotas), list[Event]()
        for file_id, bytes_gone in archive.by_file(gone, quotas):
            before, quotas[file_id] = quotas[file_id], quotas[file_id].booked(bytes_gone)
            events += self._news(before, quotas[file_id], now)
        if archive.download.state == "done" and not (known and known.download.state == "done"):
            for file_id in archive.members:
                before = quotas[file_id].settled(now)
                quotas[file_id] = before.with_done(f"archive:{id}", archive.download)
                events += self._news(before, quotas[file_id], now)
        return self.evolve(quotas=quotas, archives=tidied({**self.archives, id: archive}, now))._timed(now), events

    def unreminded(self) -> Self:
        """No reminder is due any more."""
        return self.evolve(remind_at=None)

    def _untouched(self, file: FileSummary) -> FileQuota:
        return FileQuota(path=file.path, size_bytes=file.size_bytes, limit=self.downloads_per_file)

    def _before_the_end(self, before: FileQuota, after: FileQuota, now: datetime) -> FileQuota:
        if after != before and now >= self.ends_at:
            raise LinkExpired()
        return after

    def _change(
        self, file: FileSummary, file_id: str, now: datetime, rule: Callable[[FileQuota], FileQuota]
    ) -> Decision:
        before = self.quota(file, file_id)
        after = rule(before.settled(now))
        if after == before:
            return self, []
        link = self.evolve(quotas={**self.quotas, file_id: after.model_copy(update={"held": ()})})
        return link._timed(now), self._news(before, after, now)

    def _news(self, before: FileQuota, after: FileQuota, now: datetime) -> list[Event]:
        """What the sender is told of: downloads that are done now, and a file that is suspended now."""
        events: list[Event] = [*news.downloaded(self.reference, self.recipient.address, before, after)]
        if after.suspended and not before.suspended:
            events.append(news.suspended(self.reference, self.recipient.address, after.line, now))
        return events

    def _timed(self, now: datetime) -> Self:
        """With the dates that follow from the downloads; one that should have settled is not forgotten."""
        downloads = [one for quota in self.quotas.values() for one in quota.downloads.values()]
        archives = [archive.download for archive in self.archives.values()]
        running = [one for one in (*downloads, *archives) if one.state_at(now) == "running"]
        unsettled = [one for one in (*downloads, *archives) if one.state == "running" and one.at_its_last_bytes]
        return self.evolve(
            busy_until=max((one.lease_until for one in running), default=None),
            settles_at=min((one.lease_until for one in unsettled), default=None),
        )


def reminder_date(ends_at: datetime, before: timedelta, now: datetime) -> datetime | None:
    """When a recipient is reminded of the end; none when that would be at once."""
    remind_at = ends_at - before
    return remind_at if remind_at - now >= NO_REMINDER_WITHIN else None


def issue(
    id: str,
    token: str,
    recipient: Recipient,
    contents: Contents,
    policy: DownloadPolicy,
    ends_at: datetime,
    now: datetime,
) -> Decision:
    """A new link and the event that brings it to its recipient."""
    reference, limit = contents.reference, policy.downloads_per_file
    link = Link(
        id=id,
        transfer=reference.transfer,
        reference=reference,
        recipient=recipient,
        downloads_per_file=limit,
        ends_at=ends_at,
        issued_at=now,
        files=len(contents.files),
        total_bytes=sum(file.size_bytes for file in contents.files),
        remind_at=reminder_date(ends_at, policy.reminder, now),
    )
    event = LinkIssued(
        reference=reference,
        recipient=recipient,
        token=SecretStr(token),
        text=contents.text,
        files=contents.lines(),
        downloads_per_file=limit,
        ends_at=ends_at,
    )
    return link, [event]
