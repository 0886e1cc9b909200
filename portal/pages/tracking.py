"""Where is what I sent? The cards of three services side by side."""

import asyncio
import uuid

from fastapi import APIRouter
from fastapi.responses import Response

from portal.pages.changing import new_id
from portal.visits import Member

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
