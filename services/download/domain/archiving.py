"""What may one recipient do with everything at once? All the leases are had together, or none (quota rule 8).

Each rule is one write on the link, as for a file; the archive counts on each of its files when the whole of it was
delivered, and costs none of them anything before.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from functools import partial

from services.download.domain.archive import Archive, Bundle
from services.download.domain.coverage import NOTHING, Leaving
from services.download.domain.downloads import Download
from services.download.domain.gets import Begun, Progress
from services.download.domain.link import Decision, Link
from services.download.domain.refusals import (
    DownloadAlreadyDone,
    DownloadsExhausted,
    DownloadsRunning,
    FileSuspended,
    LinkExpired,
)
from services.download.domain.shelf import no_lease
from services.kit.refusals import Refusal

Rule = Callable[[Download], Download]


def start(link: Link, bundle: Bundle, id: str, now: datetime) -> Decision:
    """Take a lease on each file of the bundle, until the end date; the same id again changes nothing.

    Refuses with the names of the files that cannot be had, and then takes nothing.
    """
    return _change(link, bundle, id, now, lambda one: _before_the_end(link, one, one.taken(now), now))


def fetch(link: Link, bundle: Bundle, id: str, begun: Begun, now: datetime) -> Decision:
    """A GET of these bytes of the archive begins: all leases are renewed, or taken again if they have died."""
    start = begun.span[0]

    def rule(one: Download) -> Download:
        if one.standing(now) == "done":
            if not one.finishes(start, now):
                raise DownloadAlreadyDone()
        else:
            _before_the_end(link, one, one.taken(now), now)
        return one.fetched(begun, now)

    for file, begins in bundle.begins.items():
        if file in link.shelves and begins <= start < begins + bundle.lines[file].size_bytes:
            link.must_keep_count(link.shelves[file], start - begins)
    return _change(link, bundle, id, now, rule)


def progress(link: Link, bundle: Bundle, id: str, progress: Progress, now: datetime) -> Decision:
    """Book what a GET handed over, and reserve what follows; the last missing byte counts on each file.

    The reservation of the GET says after it whether it may go on.
    """
    known = link.archives.get(id)
    if known is None:
        return link, []

    def rule(one: Download, *, may_go_on: bool = True) -> Download:
        after = one.progressed(progress, may_go_on, now)
        return after if progress.goes_on else after.completed(now)

    booked = known.download.booked(progress)
    if known.download.state != "given-back":
        with suppress(DownloadsExhausted, DownloadsRunning, FileSuspended):
            return _change(link, bundle, id, now, rule, booked)
    return _change(link, bundle, id, now, partial(rule, may_go_on=False), booked, within_the_limit=False)


def give_back(link: Link, id: str, now: datetime) -> Decision:
    """The client gives the archive up: every lease of it is free again."""
    if id not in link.archives:
        return link, []
    nothing = Bundle({}, {}, 0)
    return _change(link, nothing, id, now, lambda one: one.given_back(now), within_the_limit=False)


def barred(link: Link, files: Iterable[str], now: datetime) -> Refusal | None:
    """Why no archive of these files, which have shelves, can begin now, and which of them are in the way."""
    shelves = link.known_shelves(files)
    exhausted = [file for file, shelf in shelves.items() if not shelf.left(now)]
    if exhausted:
        return _exhausted(link, exhausted, now)
    suspended = [file for file, shelf in shelves.items() if shelf.suspended]
    return FileSuspended(files=suspended) if suspended else None


def _change(
    link: Link,
    bundle: Bundle,
    id: str,
    now: datetime,
    rule: Rule,
    gone: Leaving = NOTHING,
    *,
    within_the_limit: bool = True,
) -> Decision:
    link, events = link.settle(now)
    link = link.with_shelves(bundle.lines)
    before = link.archives.get(id) or Archive.unbegun(bundle, now)
    after = before.with_download(rule(before.download))
    changed, more = link.with_archive(id, after, now, gone)
    if within_the_limit and changed != link:
        begins = before.download.standing(now) in ("dead", "given-back")
        _must_be_within_the_limit(link, changed, after, now, lease=begins)
    return changed, [*events, *more]


def _must_be_within_the_limit(before: Link, link: Link, archive: Archive, now: datetime, *, lease: bool) -> None:
    shelves = link.known_shelves(archive.members)
    exhausted = [file for file, shelf in shelves.items() if shelf.is_over_the_limit(now)]
    if exhausted:
        raise _exhausted(before, exhausted, now)
    suspended = [file for file, shelf in shelves.items() if shelf.suspended] if lease else []
    if suspended:
        raise FileSuspended(files=suspended)


def _exhausted(link: Link, files: list[str], now: datetime) -> Refusal:
    """Why no archive of these files can begin: of one of them all are used, or the others are running."""
    return no_lease([shelf.free_at(now) for shelf in link.known_shelves(files).values()], now, files=files)


def _before_the_end(link: Link, before: Download, after: Download, now: datetime) -> Download:
    """No new lease begins after the end date; one that runs goes on (R39)."""
    if after != before and now >= link.ends_at:
        raise LinkExpired()
    return after
