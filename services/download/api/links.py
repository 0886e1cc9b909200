"""What a recipient can ask with a link."""

from datetime import datetime
from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends

from services.download.api.link_schemas import (
    ArchiveRequest,
    ArchiveStartResponse,
    DownloadEndResponse,
    DownloadStartResponse,
    LinkResponse,
    archives_left,
    link_response,
)
from services.download.deps import Deps
from services.download.domain.contents import Contents, summary_of
from services.download.domain.delivery import Delivery
from services.download.domain.link import ArchiveAttempt, FileAttempt, Link
from services.download.domain.refusals import CLOSED_TO_RECIPIENT, NO_LEASE, DownloadSpent, FileUnknown
from services.download.streaming.capability import ARCHIVE, DownloadCapability
from services.download.zip.layout_cache import archive_name
from services.kit.refusals import refuses
from services.kit.service import get_deps

router = APIRouter(prefix="/api/download")

Wired = Annotated[Deps, Depends(get_deps)]


@router.get("/links/{token}")
@refuses(*CLOSED_TO_RECIPIENT)
async def look(token: str, deps: Wired) -> LinkResponse:
    """Return what there is to download, and how many downloads are left; looking costs nothing."""
    opened = await _opened(deps, token)
    layout = await deps.layouts.of(opened.contents)
    return link_response(opened.contents, opened.delivery, layout, opened.link, opened.now)


@router.post("/links/{token}/opened", status_code=204)
@refuses(*CLOSED_TO_RECIPIENT)
async def note_opened(token: str, deps: Wired) -> None:
    """Note that a person opened the page, which posts this; a scanner that only looks does not."""
    opened = await _opened(deps, token)
    await deps.links.all.update(opened.link.id, lambda link, now: link.mark_opened(now))


@router.put("/links/{token}/files/{file}/downloads/{download}")
@refuses(*CLOSED_TO_RECIPIENT, FileUnknown, *NO_LEASE, DownloadSpent)
async def start(token: str, file: str, download: UUID, deps: Wired) -> DownloadStartResponse:
    """Take one of the downloads of a file, under an id of the client's choice; the same id again takes nothing more.

    Refuses when all are used or running, and when the transfer has ended.
    """
    opened = await _opened(deps, token)
    sent, id, now = opened.contents.file(file), str(download), opened.now
    attempt = FileAttempt(summary_of(sent), file, id)
    link = await deps.links.all.update(opened.link.id, attempt.start, opened.snapshot)
    url, expires_at = _url(deps, link, file, id, now)
    quota = link.quota(attempt.file, file)
    return DownloadStartResponse(
        url=url,
        size_bytes=sent.size_bytes,
        sha256=sent.sha256,
        expires_at=expires_at,
        left=quota.left(now),
        state="done" if quota.downloads[id].state == "done" else "running",
    )


@router.delete("/links/{token}/files/{file}/downloads/{download}")
@refuses(*CLOSED_TO_RECIPIENT, FileUnknown)
async def give_back(token: str, file: str, download: UUID, deps: Wired) -> DownloadEndResponse:
    """Give a download up: unless only its last MiB is missing, it costs nothing."""
    link, _, contents, now = await _opened(deps, token)
    attempt = FileAttempt(summary_of(contents.file(file)), file, str(download))
    link = await deps.links.all.update(link.id, attempt.give_back)
    known = attempt.find(link)
    return DownloadEndResponse(
        state=known.state if known else "given-back", left=link.quota(attempt.file, file).left(now)
    )


@router.put("/links/{token}/archive/downloads/{download}")
@refuses(*CLOSED_TO_RECIPIENT, FileUnknown, *NO_LEASE, DownloadSpent)
async def start_archive(
    token: str, download: UUID, deps: Wired, body: ArchiveRequest | None = None
) -> ArchiveStartResponse:
    """Take one of the downloads of each file, together, as one archive; the same id again takes nothing more.

    Refuses, naming the files, when one of them cannot be downloaded; nothing is taken then.
    """
    opened = await _opened(deps, token)
    contents, id, now = opened.contents, str(download), opened.now
    asked = await deps.layouts.of(contents, body.files if body else None)
    link = await deps.links.all.update(opened.link.id, ArchiveAttempt(asked.contents, id).start, opened.snapshot)
    archive = link.archives[id]
    layout = await deps.layouts.of(contents, archive.offsets)
    url, expires_at = _url(deps, link, ARCHIVE, id, now)
    return ArchiveStartResponse(
        url=url,
        name=archive_name(contents, layout),
        size_bytes=layout.size_bytes,
        etag=layout.etag,
        files=list(layout.contents.files),
        expires_at=expires_at,
        left=archives_left(link, archive.offsets, now),
        state="done" if archive.state == "done" else "running",
    )


@router.delete("/links/{token}/archive/downloads/{download}")
@refuses(*CLOSED_TO_RECIPIENT)
async def give_back_archive(token: str, download: UUID, deps: Wired) -> DownloadEndResponse:
    """Give an archive up, and with it its lease on each file."""
    link, _, contents, now = await _opened(deps, token)
    everything = (await deps.layouts.of(contents)).contents
    link = await deps.links.all.update(link.id, ArchiveAttempt(everything, str(download)).give_back)
    known = link.archives.get(str(download))
    return DownloadEndResponse(
        state=known.state if known else "given-back",
        left=archives_left(link.with_quotas(everything.files), known.offsets if known else everything.files, now),
    )


def _url(deps: Deps, link: Link, file: str, id: str, now: datetime) -> tuple[str, datetime]:
    """Return the URL of the bytes of a download, and until when it is valid."""
    expires_at = (now + deps.policy.capability_life).replace(microsecond=0)
    sealed = deps.capabilities.seal(DownloadCapability(link.id, file, id, expires_at))
    return f"{deps.files_base_url}/files/{sealed}", expires_at


class _Opened(NamedTuple):
    """A link whose transfer is open, and the database's time."""

    link: Link
    delivery: Delivery
    contents: Contents
    now: datetime

    @property
    def snapshot(self) -> tuple[Link, datetime]:
        """The link and its time, so that an update needs no read of its own."""
        return self.link, self.now


async def _opened(deps: Deps, token: str) -> _Opened:
    link, _ = await deps.links.read(deps.links.id(token))
    delivery, now = await deps.deliveries.read(link.transfer)
    delivery.must_be_open_to(link.recipient.address)
    link.must_not_be_over(now)
    return _Opened(link, delivery, delivery.corrected(await deps.contents.get(link.transfer)), now)
