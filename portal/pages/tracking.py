"""The tracking of a transfer, from the responses of three services."""

import asyncio
import uuid

from fastapi import APIRouter
from fastapi.responses import Response

from portal.pages.lists import PAGE_SIZE, Cursors, page_links
from portal.pages.transfer_actions import known, new_id
from portal.request_context import SignedIn
from services.kit.refusals import NotFound

router = APIRouter()
ACTIONS = ("revoked", "resent", "reminded", "extended")


@router.get("/tracking/{transfer}")
async def track(context: SignedIn, transfer: uuid.UUID, done: str = "", n: str = "") -> Response:
    """Show the timeline and each recipient; `done` is the action just completed, and `n` its number of recipients."""
    id = str(transfer)
    sent, decision, tracking = await asyncio.gather(
        context.api.sent_transfer(id), known(context.api.decision(id)), known(context.api.tracking(id))
    )
    return context.render_with_etag(
        "transfers/tracking.html",
        sent,
        decision,
        tracking,
        transfer=sent,
        decision=decision,
        tracking=tracking,
        done=done if done in ACTIONS else "",
        count=int(n) if n.isdecimal() and len(n) < 5 else 1,
        new_id=new_id,
    )


@router.get("/tracking/{transfer}/recipients/{number}")
async def files(context: SignedIn, transfer: uuid.UUID, number: int, cursor: Cursors = []) -> Response:  # noqa: B006
    """Show one recipient's downloads per file; they are named by position, so that no mail address is in a URL."""
    id, last = str(transfer), cursor[-1] if cursor else ""
    sent, tracking = await asyncio.gather(context.api.sent_transfer(id), known(context.api.tracking(id)))
    if tracking is None or not 1 <= number <= len(tracking.recipients):
        raise NotFound()
    page = await context.api.recipient_files(id, number, last, PAGE_SIZE)
    links = page_links(context.request.url.path, "", cursor, page.next_cursor)
    recipient = tracking.recipients[number - 1]
    return context.render("transfers/recipient.html", transfer=sent, recipient=recipient, files=page.items, links=links)
