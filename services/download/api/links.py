"""What can a recipient ask with a link?"""

from datetime import datetime
from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends

from services.download.api.archive_schemas import ArchiveRequest, ArchiveStartResponse, archives_left
from services.download.api.link_schemas import DownloadEndResponse, DownloadStartResponse, LinkResponse, link_response
from services.download.deps import Deps
from services.download.domain import archiving
from services.download.domain.contents import Contents, line_of
from services.download.domain.delivery import Delivery
from services.download.domain.link import Link
from services.download.streaming.capability import ARCHIVE, DownloadCapability
from services.download.zip.layout_cache import archive_name
from services.kit.service import get_deps

router = APIRouter(prefix="/api/download")

Wired = Annotated[Deps, Depends(get_deps)]


@router.get("/links/{token}")
async def look(token: str, deps: Wired) -> LinkResponse:
    """What there is to download, and how often; costs nothing, however often it is asked."""
    opened = await _opened(deps, token)
    layout = await deps.layouts.of(opened.contents)
    return link_response(opened.contents, opened.delivery, layout, opened.link, opened.now)


@router.post("/links/{token}/opened", status_code=204)
async def note_opened(token: str, deps: Wired) -> None:
    """The page says that a person opened it; a scanner that only looks does not set this mark."""
    opened = await _opened(deps, token)
    await deps.links.all.update(opened.link.id, lambda link, now: link.opened(now))


@router.put("/links/{token}/files/{file}/downloads/{download}")
async def start(token: str, file: str, download: UUID, deps: Wired) -> DownloadStartResponse:
    """Take one of the downloads of a file, under an id of the client's choice; the same id again takes nothing more.

    Refuses when all are used or running, and when the transfer has ended.
    """
    opened = await _opened(deps, token)
    sent, id, now = opened.contents.file(file), str(download), opened.now
    started = lambda link, now: link.start(line_of(sent), file, id, now)  # noqa: E731
    link = await deps.links.all.update(opened.link.id, started, opened.seen)
    url, expires_at = _address(deps, link, file, id, now)
    quota = link.quota(line_of(sent), file)
    return DownloadStartResponse(
        url=url,
        size_bytes=sent.size_bytes,
        sha256=sent.sha256,
        expires_at=expires_at,
        left=quota.left(now),
        state="done" if quota.downloads[id].state == "done" else "running",
    )


@router.delete("/links/{token}/files/{file}/downloads/{download}")
async def give_back(token: str, file: str, download: UUID, deps: Wired) -> DownloadEndResponse:
    """Give a download up: unless only its last MiB is missing, it costs nothing."""
    link, _, contents, now = await _opened(deps, token)
    line, id = line_of(contents.file(file)), str(download)
    link = await deps.links.all.update(link.id, lambda link, now: link.give_back(line, file, id, now))
    known = link.download(file, id)
    return DownloadEndResponse(state=known.state if known else "given-back", left=link.quota(line, file).left(now))


@router.put("/links/{token}/archive/downloads/{download}")
async def start_archive(
    token: str, download: UUID, deps: Wired, wish: ArchiveRequest | None = None
) -> ArchiveStartResponse:
    """Take one of the downloads of each file, together, as one archive; the same id again takes nothing more.

    Refuses, naming the files, when one of them cannot be had; nothing is taken then.
    """
    opened = await _opened(deps, token)
    contents, id, now = opened.contents, str(download), opened.now
    bundle = (await deps.layouts.of(contents, wish.files if wish else None)).bundle
    started = lambda link, now: archiving.start(link, bundle, id, now)  # noqa: E731
    link = await deps.links.all.update(opened.link.id, started, opened.seen)
    archive = link.archives[id]
    layout = await deps.layouts.of(contents, archive.members)
    url, expires_at = _address(deps, link, ARCHIVE, id, now)
    return ArchiveStartResponse(
        url=url,
        name=archive_name(contents, layout),
        size_bytes=layout.size_bytes,
        etag=layout.etag,
        files=list(layout.bundle.lines),
        expires_at=expires_at,
        left=archives_left(link, archive.members, now),
        state="done" if archive.download.state == "done" else "running",
    )


@router.delete("/links/{token}/archive/downloads/{download}")
async def give_back_archive(token: str, download: UUID, deps: Wired) -> DownloadEndResponse:
    """Give an archive up, and with it what it held of each file."""
    link, _, contents, now = await _opened(deps, token)
    id = str(download)
    link = await deps.links.all.update(link.id, lambda link, now: archiving.give_back(link, id, now))
    known, lines = link.archives.get(id), (await deps.layouts.of(contents)).bundle.lines
    return DownloadEndResponse(
        state=known.download.state if known else "given-back",
        left=archives_left(link.with_quotas(lines), known.members if known else lines, now),
    )


def _address(deps: Deps, link: Link, file: str, id: str, now: datetime) -> tuple[str, datetime]:
    """Where the bytes of a download are, and until when."""
    expires_at = (now + deps.policy.capability_life).replace(microsecond=0)
    return (
        f"{deps.files_base_url}/files/{deps.capabilities.seal(DownloadCapability(link.id, file, id, expires_at))}",
        expires_at,
    )


class _Opened(NamedTuple):
    """A link whose transfer is open, and the database's time."""

    link: Link
    delivery: Delivery
    contents: Contents
    now: datetime

    @property
    def seen(self) -> tuple[Link, datetime]:
        """What the store takes for a look at the link, so that it needs none of its own."""
        return self.link, self.now


async def _opened(deps: Deps, token: str) -> _Opened:
    link, _ = await deps.links.read(deps.links.id(token))
    delivery, now = await deps.deliveries.read(link.transfer)
    delivery.must_be_open_to(link.recipient.address)
    link.must_not_be_over(now)
    return _Opened(link, delivery, delivery.corrected(await deps.contents.get(link.transfer)), now)
