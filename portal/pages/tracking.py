"""Where is what I sent? The cards of three services side by side."""

import asyncio
import uuid

from fastapi import APIRouter
from fastapi.responses import Response

from portal.pages.changing import new_id
from portal.pages.lists import Cursors, turned
from portal.visits import Member
from services.kit.refusals import NotFound

router = APIRouter()
DONE = ("revoked", "resent", "reminded", "extended")


@router.get("/tracking/{transfer}")
async def track(visit: Member, transfer: uuid.UUID, done: str = "", n: str = "") -> Response:
    """The timeline, and each recipient below; `done` is what was asked for a moment ago, and `n` for how many."""
    id = str(transfer)
    sent, decision, counter = await asyncio.gather(
        visit.ask.transfer(id), visit.ask.decision(id), visit.ask.tracking(id)
    )
    return visit.show_live(
        "transfers/tracking.html",
        sent,
        decision,
        counter,
        transfer=sent,
        decision=decision,
        counter=counter,
        done=done if done in DONE else "",
        count=int(n) if n.isdecimal() and len(n) < 5 else 1,
        new_id=new_id,
    )


@router.get("/tracking/{transfer}/recipients/{number}")
async def files(visit: Member, transfer: uuid.UUID, number: int, cursor: Cursors = []) -> Response:  # noqa: B006
    """What one recipient did with each file; by their place in the list, so that no address is in an address."""
    id, last = str(transfer), cursor[-1] if cursor else ""
    sent, counter = await asyncio.gather(visit.ask.transfer(id), visit.ask.tracking(id))
    if counter is None or not 1 <= number <= len(counter.recipients):
        raise NotFound()
    page = await visit.ask.files_of(id, number, last)
    turns = turned(visit.request.url.path, "", cursor, page.next_cursor)
    one = counter.recipients[number - 1]
    return visit.show("transfers/recipient.html", transfer=sent, one=one, files=page.items, turns=turns)
