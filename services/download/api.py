"""What can a recipient ask with a link, and a sender with a session?"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from services.download.cards import EndCard, LinkCard, StartCard, TrackingCard, link_card, tracking_card
from services.download.deps import Deps
from services.download.domain.contents import Contents, line_of
from services.download.domain.delivery import Delivery
from services.download.domain.link import Link
from services.download.domain.refusals import LinkUnknown, TransferUnknown
from services.download.streams.capability import Grant
from services.kit.service import wired

router = APIRouter(prefix="/api/download")

Wired = Annotated[Deps, Depends(wired)]


@router.get("/links/{token}")
async def look(token: str, deps: Wired) -> LinkCard:
    """What there is to download, and how often; costs nothing, however often it is asked."""
    link, contents, now = await _opened(deps, token)
    return link_card(contents, link, now)


@router.post("/links/{token}/opened", status_code=204)
async def note_opened(token: str, deps: Wired) -> None:
    """The page says that a person opened it; a scanner that only looks does not set this mark."""
    link, _, _ = await _opened(deps, token)
    await deps.links.all.update(link.id, lambda link, now: link.opened(now))


@router.put("/links/{token}/files/{file}/downloads/{download}")
async def start(token: str, file: str, download: UUID, deps: Wired) -> StartCard:
    """Take one of the downloads of a file, under an id of the client's choice; the same id again takes nothing more.

    Refuses when all are used or running, and when the transfer has ended.
    """
    link, contents, now = await _opened(deps, token)
    sent, id = contents.file(file), str(download)
    link = await deps.links.all.update(link.id, lambda link, now: link.start(line_of(sent), file, id, now))
    expires_at = (now + deps.terms.capability_life).replace(microsecond=0)
    shelf = link.shelf(line_of(sent), file)
    return StartCard(
        url=f"{deps.files_base_url}/files/{deps.capabilities.seal(Grant(link.id, file, id, expires_at))}",
        size_bytes=sent.size_bytes,
        sha256=sent.sha256,
        expires_at=expires_at,
        left=shelf.left(now),
        state="done" if shelf.downloads[id].state == "done" else "running",
    )


@router.delete("/links/{token}/files/{file}/downloads/{download}")
async def give_back(token: str, file: str, download: UUID, deps: Wired) -> EndCard:
    """Give a download up: unless only its last MiB is missing, it costs nothing."""
    link, contents, now = await _opened(deps, token)
    line, id = line_of(contents.file(file)), str(download)
    link = await deps.links.all.update(link.id, lambda link, now: link.give_back(line, file, id, now))
    known = link.download(file, id)
    return EndCard(state=known.state if known else "given-back", left=link.shelf(line, file).left(now))


@router.get("/transfers/{transfer}")
async def track(transfer: str, request: Request, deps: Wired) -> TrackingCard:
    """The sender's view: who was told, who opened, who downloaded what, who has not."""
    delivery, contents = await _sent_by_caller(deps, transfer, request)
    links = await deps.links.of(transfer)
    _, now = await deps.deliveries.read(transfer)
    return tracking_card(delivery, contents, links, now)


@router.post("/transfers/{transfer}/recipients/{address}/files/{file}/reopening", status_code=204)
async def reopen(transfer: str, address: str, file: str, request: Request, deps: Wired) -> None:
    """The sender opens a file again that was suspended on one recipient's link."""
    _, contents = await _sent_by_caller(deps, transfer, request)
    recipient = next((one for one in contents.recipients if one.address == address), None)
    if recipient is None:
        raise LinkUnknown()
    id = deps.links.id(deps.links.token(transfer, recipient))
    await deps.links.read(id)
    await deps.links.all.update(id, lambda link, now: link.reopen(file, now))


async def _opened(deps: Deps, token: str) -> tuple[Link, Contents, datetime]:
    """The link of a token, while its transfer is open, and the database's time."""
    link, _ = await deps.links.read(deps.links.id(token))
    delivery, now = await deps.deliveries.read(link.transfer)
    delivery.must_be_open()
    link.must_not_be_over(now)
    return link, await deps.contents.get(link.transfer), now


async def _sent_by_caller(deps: Deps, transfer: str, request: Request) -> tuple[Delivery, Contents]:
    caller = await deps.callers.of(request)
    delivery, _ = await deps.deliveries.read(transfer)
    if delivery.label is None or delivery.label.sender.address != caller.address:
        raise TransferUnknown()
    return delivery, await deps.contents.get(transfer)
