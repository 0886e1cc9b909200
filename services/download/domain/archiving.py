"""What may one recipient do with everything at once? All the leases are had together, or none (quota rule 8).

Each rule is one write on the link, as for a file; the archive counts on each of its files when the whole of it was
delivered, and costs none of them anything before.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from services.download.domain import news
from services.download.domain.archive import Archive, Bundle
from services.download.domain.downloads import Download, Progress
from services.download.domain.link import Decision, Link
from services.download.domain.refusals import (
    ArchivesSuspended,
    DownloadAlreadyDone,
    DownloadsExhausted,
    FileSuspended,
    LinkExpired,
)
from services.kit.refusals import Refusal

Rule = Callable[[Download, Refusal | None], Download]


def start(link: Link, bundle: Bundle, id: str, now: datetime) -> Decision:
    """Take a lease on each file of the bundle, until the end date; the same id again changes nothing.

    Refuses with the names of the files that cannot be had, and then takes nothing.
    """
    return _change(link, bundle, id, now, lambda one, barred: _before_the_end(link, one, one.taken(barred, now), now))


def fetch(link: Link, bundle: Bundle, id: str, start: int, now: datetime) -> Decision:
    """A GET begins at byte `start` of the archive: all leases are renewed, or taken again if they have died."""

    def rule(one: Download, barred: Refusal | None) -> Download:
        if one.finishes(start, now):
            return one
        if one.state == "done":
            raise DownloadAlreadyDone()
        _before_the_end(link, one, one.taken(barred, now), now)
        return one.fetched(start, barred, now)

    return _change(link, bundle, id, now, rule)


def progress(link: Link, bundle: Bundle, id: str, progress: Progress, now: datetime) -> Decision:
    """Book what was handed over; the download's state after says whether the GET may go on."""
    return _change(link, bundle, id, now, lambda one, barred: one.progressed(progress, barred, now))


def complete(link: Link, bundle: Bundle, id: str, progress: Progress, now: datetime) -> Decision:
    """Book a GET that ended well; the last missing byte makes the archive done, and counts on each file."""
    return _change(link, bundle, id, now, lambda one, barred: one.progressed(progress, barred, now).completed(now))


def give_back(link: Link, id: str, now: datetime) -> Decision:
    """The client gives the archive up: every lease of it is free again."""
    if id not in link.archives:
        return link, []
    return _change(link, Bundle({}, 0), id, now, lambda one, _barred: one.given_back(now))


def reopen(link: Link, now: datetime) -> Decision:
    """The sender opens archives again: what was undone before counts no more."""
    return link.untold(news.ARCHIVES).but(archives_reopened_at=now), []


def barred(link: Link, files: Iterable[str], now: datetime) -> Refusal | None:
    """Why no archive of these files, which have shelves, can begin now, and which of them are in the way."""
    shelves = {file: link.known_shelf(file) for file in files}
    exhausted = [file for file, shelf in shelves.items() if not shelf.left(now)]
    if exhausted:
        return DownloadsExhausted(files=exhausted)
    suspended = [file for file, shelf in shelves.items() if shelf.suspended(now)]
    if suspended:
        return FileSuspended(files=suspended)
    return ArchivesSuspended() if link.archives_suspended(now) else None


def _change(link: Link, bundle: Bundle, id: str, now: datetime, rule: Rule) -> Decision:
    link, facts = link.settle(now)
    link = link.with_shelves(bundle.lines)
    archive = link.archives.get(id) or Archive.unbegun(bundle, now)
    after = rule(archive.download, barred(link, archive.files, now))
    if after == archive.download:
        return link, facts
    link, more = link.with_archive(id, archive.with_download(after), now)
    return link, [*facts, *more]


def _before_the_end(link: Link, before: Download, after: Download, now: datetime) -> Download:
    """No new lease begins after the end date; one that runs goes on (R39)."""
    if after != before and now >= link.ends_at:
        raise LinkExpired()
    return after
