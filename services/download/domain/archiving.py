"""What may one recipient do with everything at once? All the leases are had together, or none (quota rule 8).

Each rule is one write on the link, as for a file; the archive counts on each of its files when the whole of it was
delivered, and costs none of them anything before.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from functools import partial

from services.download.domain.archive import Archive, ArchiveContents
from services.download.domain.coverage import NOTHING, ByteCounts
from services.download.domain.download import Download
from services.download.domain.gets import GetProgress, GetStart
from services.download.domain.link import Decision, Link
from services.download.domain.quota import no_lease
from services.download.domain.refusals import (
    DownloadAlreadyDone,
    DownloadsExhausted,
    DownloadsRunning,
    FileSuspended,
    LinkExpired,
)
from services.kit.refusals import Refusal

Rule = Callable[[Download], Download]


def start(link: Link, bundle: ArchiveContents, id: str, now: datetime) -> Decision:
    """Take a lease on each file of the bundle, until the end date; the same id again changes nothing.

    Refuses with the names of the files that cannot be had, and then takes nothing.
    """
    return _change(link, bundle, id, now, lambda one: _before_the_end(link, one, one.taken(now), now))


def fetch(link: Link, bundle: ArchiveContents, id: str, begun: GetStart, now: datetime) -> Decision:
    """A GET of these bytes of the archive begins: all leases are renewed, or taken again if they have died."""
    start = begun.span[0]

    def rule(one: Download) -> Download:
        if one.state_at(now) == "done":
            if not one.finishes(start, now):
                raise DownloadAlreadyDone()
        else:
            _before_the_end(link, one, one.taken(now), now)
        return one.fetched(begun, now)

    for file, begins in bundle.begins.items():
        if file in link.quotas and begins <= start < begins + bundle.lines[file].size_bytes:
            link.must_keep_count(link.quotas[file], start - begins)
    return _change(link, bundle, id, now, rule)


def progress(link: Link, bundle: ArchiveContents, id: str, progress: GetProgress, now: datetime) -> Decision:
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
    nothing = ArchiveContents({}, {}, 0)
    return _change(link, nothing, id, now, lambda one: one.given_back(now), within_the_limit=False)


def barred(link: Link, files: Iterable[str], now: datetime) -> Refusal | None:
    """Why no archive of these files, which have quotas, can begin now, and which of them are in the way."""
    quotas = link.quotas_of(files)
    exhausted = [file for file, quota in quotas.items() if not quota.left(now)]
    if exhausted:
        return _exhausted(link, exhausted, now)
    suspended = [file for file, quota in quotas.items() if quota.suspended]
    return FileSuspended(files=suspended) if suspended else None


def _change(
    link: Link,
    bundle: ArchiveContents,
    id: str,
    now: datetime,
    rule: Rule,
    gone: ByteCounts = NOTHING,
    *,
    within_the_limit: bool = True,
) -> Decision:
    link, events = link.settle(now)
    link = link.with_quotas(bundle.lines)
    before = link.archives.get(id) or Archive.new(bundle, now)
    after = before.with_download(rule(before.download))
    changed, more = link.with_archive(id, after, now, gone)
    if within_the_limit and changed != link:
        begins = before.download.state_at(now) in ("expired", "given-back")
        _must_be_within_the_limit(link, changed, after, now, lease=begins)
    return changed, [*events, *more]


def _must_be_within_the_limit(before: Link, link: Link, archive: Archive, now: datetime, *, lease: bool) -> None:
    quotas = link.quotas_of(archive.members)
    exhausted = [file for file, quota in quotas.items() if quota.is_over_the_limit(now)]
    if exhausted:
        raise _exhausted(before, exhausted, now)
    suspended = [file for file, quota in quotas.items() if quota.suspended] if lease else []
    if suspended:
        raise FileSuspended(files=suspended)


def _exhausted(link: Link, files: list[str], now: datetime) -> Refusal:
    """Why no archive of these files can begin: of one of them all are used, or the others are running."""
    return no_lease([quota.free_at(now) for quota in link.quotas_of(files).values()], now, files=files)


def _before_the_end(link: Link, before: Download, after: Download, now: datetime) -> Download:
    """No new lease begins after the end date; one that runs goes on (R39)."""
    if after != before and now >= link.ends_at:
        raise LinkExpired()
    return after
