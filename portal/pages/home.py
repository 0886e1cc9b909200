"""The first page: the way in, or what one may do here."""

import asyncio

from fastapi import APIRouter
from fastapi.responses import Response

from portal.cards import Decision
from portal.gateway import Refused
from portal.visits import UNAUTHENTICATED, Visit, Visited
from services.kit.refusals import Unauthenticated

router = APIRouter()
RECENT = 5


@router.get("/")
async def home(visit: Visited) -> Response:
    """Without a session: what this is and how to come in; with one: what there is to do."""
    if not await _has_session(visit):
        return visit.show("home/welcome.html")
    drafts, transfers, pending = await asyncio.gather(visit.ask.drafts(), visit.ask.transfers(), _pending(visit))
    return visit.show("home/desk.html", drafts=drafts[:RECENT], transfers=transfers[:RECENT], pending=pending)


async def _has_session(visit: Visit) -> bool:
    """False without a session, and when it has ended; its cookie goes then."""
    try:
        await visit.keep_session()
    except Unauthenticated:
        return False
    except Refused as refused:
        if refused.status != UNAUTHENTICATED:
            raise
        visit.forget()
        return False
    return True


async def _pending(visit: Visit) -> list[Decision]:
    """What waits for an agent; nothing ever waits for anybody else."""
    return await visit.ask.pending() if visit.visitor and visit.visitor.is_agent else []
