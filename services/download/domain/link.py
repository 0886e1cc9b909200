"""What may one recipient do with one transfer? Every rule is one write on the link's own document."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from services.contracts.download import LinkIssued
from services.contracts.values import FileLine, Label, Recipient
from services.download.domain import news
from services.download.domain.archive import Archive, archives_suspended, without_idle
from services.download.domain.contents import Contents
from services.download.domain.downloads import Download, Progress
from services.download.domain.refusals import FileUnknown, LinkExpired
from services.download.domain.shelf import Shelf
from services.download.domain.terms import Terms
from services.kit.aggregate import Aggregate
from services.kit.events import Fact

NO_REMINDER_WITHIN = timedelta(hours=12)

Decision = tuple["Link", list[Fact]]


class Asked(BaseModel):
    """The last mail of a kind: under which id it was asked for, and when; `earlier` are those of the day before it."""

    model_config = ConfigDict(frozen=True)

    id: str
    at: datetime
    earlier: tuple[datetime, ...] = ()


class Link(Aggregate):
    """One recipient's right to one transfer; `id` is the keyed hash of a token that is stored nowhere.

    `shelves` holds the files that were ever started, `archives` the attempts at several at once. `settles_at` is when a
    download inside its last MiB will count, or one that breaks off will suspend its file, `busy_until` when the last
    lease dies, `remind_at` when the recipient is reminded, unless that was done. Of the files in `told_suspended` the
    sender knows. `files` and `total_bytes` say how much there was when it was issued.
    """

    transfer: str
    label: Label
    recipient: Recipient
    downloads_per_file: int
    ends_at: datetime
    issued_at: datetime | None = None
    files: int = 0
    total_bytes: int = 0
    shelves: dict[str, Shelf] = Field(default_factory=dict)
    archives: dict[str, Archive] = Field(default_factory=dict)
    archives_reopened_at: datetime | None = None
    told_suspended: tuple[str, ...] = ()
    opened_at: datetime | None = None
    settles_at: datetime | None = None
    busy_until: datetime | None = None
    remind_at: datetime | None = None
    resent: Asked | None = None
    reminded: Asked | None = None

    def download(self, file: str, id: str) -> Download | None:
        """One attempt, if there is or was one."""
        shelf = self.shelves.get(file)
        return shelf.downloads.get(id) if shelf else None

    def shelf(self, file: FileLine, file_id: str) -> Shelf:
        """What is known of a file; an untouched one has all its downloads left."""
        shelf = self.shelves.get(file_id) or self._untouched(file)
        held = tuple(archive.download for archive in self.archives.values() if archive.holds(file_id))
        return shelf.model_copy(update={"held": held}) if held else shelf

    def known_shelf(self, file_id: str) -> Shelf:
        """The same for a file that has a shelf."""
        return self.shelf(self.shelves[file_id].line, file_id)

    def archives_suspended(self, now: datetime) -> bool:
        """Too many archives were broken off, since the sender last opened them."""
        return archives_suspended(self.archives.values(), self.archives_reopened_at, now)

    def files_downloaded(self, now: datetime) -> int:
        """How many files this recipient has at least once."""
        return sum(self.known_shelf(id).count("done", now) > 0 for id in self.shelves)

    def has_everything(self, files: int, now: datetime) -> bool:
        """This recipient has each of so many files at least once."""
        return self.files_downloaded(now) >= files

    def must_not_be_over(self, now: datetime) -> None:
        """Refuse after the end date, to the second; a download begun before may still finish (R39)."""
        if now >= self.ends_at and (self.busy_until is None or now >= self.busy_until):
            raise LinkExpired()

    def opened(self, now: datetime) -> Decision:
        """The recipient says, by a deliberate act of the page, that it was seen; the first time is kept."""
        return (self if self.opened_at else self.but(opened_at=now)), []

    def start(self, file: FileLine, file_id: str, id: str, now: datetime) -> Decision:
        """Take a lease for this download until the end date; the same id again changes nothing."""
        return self._change(file, file_id, now, lambda shelf: self._before_the_end(shelf, shelf.taken(id, now), now))

    def fetch(self, file: FileLine, file_id: str, id: str, start: int, now: datetime) -> Decision:
        """A GET begins at byte `start`; inside a lease it may after the end date too, but no new lease begins then."""

        def change(shelf: Shelf) -> Shelf:
            self._before_the_end(shelf, shelf.taken(id, now), now)
            return shelf.fetched(id, start, now)

        return self._change(file, file_id, now, change)

    def progress(self, file: FileLine, file_id: str, id: str, progress: Progress, now: datetime) -> Decision:
        """Book what was handed over; the download's state after says whether the GET may go on."""
        return self._change(file, file_id, now, lambda shelf: shelf.progressed(id, progress, now))

    def complete(self, file: FileLine, file_id: str, id: str, progress: Progress, now: datetime) -> Decision:
        """Book a GET that ended well; the last missing byte makes the download done."""
        return self._change(file, file_id, now, lambda shelf: shelf.progressed(id, progress, now).completed(id, now))

    def give_back(self, file: FileLine, file_id: str, id: str, now: datetime) -> Decision:
        """The client gives a download up."""
        return self._change(file, file_id, now, lambda shelf: shelf.given_back(id, now))

    def reopen(self, file_id: str, now: datetime) -> Decision:
        """The sender opens a suspended file again: what was undone before counts no more."""
        if file_id not in self.shelves:
            raise FileUnknown()
        return self.untold(file_id)._change(self.shelves[file_id].line, file_id, now, lambda shelf: shelf.reopened(now))

    def settle(self, now: datetime) -> Decision:
        """Downloads and archives that died inside their last MiB are done; the sender is told of them, and of what is
        suspended because others died.
        """
        link, facts = self, list[Fact]()
        if self.settles_at is None or now < self.settles_at:
            return link, facts
        for file_id, shelf in self.shelves.items():
            link, more = link._change(shelf.line, file_id, now, lambda one: one)
            facts += more
        for id, archive in self.archives.items():
            link, more = link.with_archive(id, archive.with_download(archive.download.settled(now)), now)
            facts += more
        return link._telling([*self.shelves, news.ARCHIVES], facts, now)

    def untold(self, id: str) -> Self:
        """The sender opens this again, and will be told when it is suspended again."""
        return self.but(told_suspended=tuple(one for one in self.told_suspended if one != id))

    def with_shelves(self, files: Mapping[str, FileLine]) -> Self:
        """With a shelf for each of these files, as it is when nobody has asked for it."""
        return self.but(shelves={**{id: self._untouched(line) for id, line in files.items()}, **self.shelves})

    def with_archive(self, id: str, archive: Archive, now: datetime) -> Decision:
        """With this attempt at an archive; a finished one counts on each of its files, once."""
        if archive == self.archives.get(id):
            return self, []
        shelves, facts = dict(self.shelves), list[Fact]()
        for file_id in archive.files if archive.download.state == "done" else ():
            before = shelves[file_id]
            shelves[file_id] = before.settled(now).with_done(f"archive:{id}", archive.download)
            facts += news.downloaded(self.label, self.recipient.address, before, shelves[file_id])
        archives = without_idle({**self.archives, id: archive}, now)
        return self.but(shelves=shelves, archives=archives)._telling([news.ARCHIVES], facts, now)

    def unreminded(self) -> Self:
        """No reminder is due any more."""
        return self.but(remind_at=None)

    def _untouched(self, file: FileLine) -> Shelf:
        return Shelf(path=file.path, size_bytes=file.size_bytes, limit=self.downloads_per_file)

    def _before_the_end(self, before: Shelf, after: Shelf, now: datetime) -> Shelf:
        if after != before and now >= self.ends_at:
            raise LinkExpired()
        return after

    def _change(self, file: FileLine, file_id: str, now: datetime, rule: Callable[[Shelf], Shelf]) -> Decision:
        before = self.shelf(file, file_id)
        after = rule(before.settled(now))
        if after == before:
            return self, []
        link = self.but(shelves={**self.shelves, file_id: after.model_copy(update={"held": ()})})
        return link._telling([file_id], news.downloaded(self.label, self.recipient.address, before, after), now)

    def _telling(self, changed: Iterable[str], facts: Iterable[Fact], now: datetime) -> Decision:
        """With the dates that follow, and the news of what is suspended now, unless the sender knows."""
        fresh = [id for id in changed if id not in self.told_suspended and self._suspended(id, now)]
        link = self.but(told_suspended=(*self.told_suspended, *fresh))._timed(now)
        lines = [self.shelves[id].line if id in self.shelves else None for id in fresh]
        return link, [*facts, *(news.suspended(self.label, self.recipient.address, line, now) for line in lines)]

    def _suspended(self, id: str, now: datetime) -> bool:
        return self.archives_suspended(now) if id == news.ARCHIVES else self.shelves[id].suspended(now)

    def _timed(self, now: datetime) -> Self:
        """With the dates that follow from the downloads; one that should have settled is not forgotten."""
        downloads = [one for shelf in self.shelves.values() for one in shelf.downloads.values()]
        archives = [archive.download for archive in self.archives.values()]
        running = [one for one in (*downloads, *archives) if one.standing(now) == "running"]
        unsettled = [one for one in (*downloads, *archives) if one.state == "running" and one.at_its_last_bytes]
        return self.but(
            busy_until=max((one.lease_until for one in running), default=None),
            settles_at=min([*(one.lease_until for one in unsettled), *self._suspensions(now)], default=None),
        )

    def _suspensions(self, now: datetime) -> Iterator[datetime]:
        """When which lease will die that suspends something, as far as the sender does not know."""
        for id, shelf in self.shelves.items():
            if id not in self.told_suspended and (at := shelf.suspended_from(now)):
                yield at
        ends = [one.download.lease_until for one in self.archives.values() if one.download.standing(now) == "running"]
        if ends and news.ARCHIVES not in self.told_suspended and self.archives_suspended(max(ends)):
            yield max(ends)


def reminder_date(ends_at: datetime, before: timedelta, now: datetime) -> datetime | None:
    """When a recipient is reminded of the end; none when that would be at once."""
    remind_at = ends_at - before
    return remind_at if remind_at - now >= NO_REMINDER_WITHIN else None


def issue(
    id: str, token: str, recipient: Recipient, contents: Contents, terms: Terms, ends_at: datetime, now: datetime
) -> Decision:
    """A new link and the fact that brings it to its recipient."""
    label, limit = contents.label, terms.downloads_per_file
    link = Link(
        id=id,
        transfer=label.transfer,
        label=label,
        recipient=recipient,
        downloads_per_file=limit,
        ends_at=ends_at,
        issued_at=now,
        files=len(contents.files),
        total_bytes=sum(file.size_bytes for file in contents.files),
        remind_at=reminder_date(ends_at, terms.reminder, now),
    )
    fact = LinkIssued(
        label=label,
        recipient=recipient,
        token=SecretStr(token),
        text=contents.text,
        files=contents.lines(),
        downloads_per_file=limit,
        ends_at=ends_at,
    )
    return link, [fact]
