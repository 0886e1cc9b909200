"""The home page: how to sign in, or what there is to do."""

import asyncio

from fastapi import APIRouter
from fastapi.responses import Response

from client.errors import Problem
from client.schemas.propagation import PendingSummarySchema
from client.schemas.values import PageSchema
from portal.request_context import UNAUTHENTICATED, AnyVisitor, RequestContext
from services.kit.refusals import Unauthenticated

router = APIRouter()
RECENT = 5


@router.get("/")
async def home(context: AnyVisitor) -> Response:
    """Show the product and how to sign in; with a session, the latest drafts, transfers and pending decisions."""
    if not await _has_session(context):
        return context.render("home/welcome.html")
    api = context.api
    drafts, transfers, pending = await asyncio.gather(
        api.drafts(limit=RECENT), api.sent_transfers(limit=RECENT), _pending(context)
    )
    return context.render("home/dashboard.html", drafts=drafts.items, transfers=transfers.items, pending=pending)


async def _has_session(context: RequestContext) -> bool:
    """Whether there is a session; delete the cookie of one that has ended."""
    try:
        await context.require_session()
    except Unauthenticated:
        return False
    except Problem as problem:
        if problem.status != UNAUTHENTICATED:
            raise
        context.end_session()
        return False
    return True


async def _pending(context: RequestContext) -> PageSchema[PendingSummarySchema]:
    """Return the pending decisions of an agent; others have none."""
    is_agent = context.session is not None and context.session.is_agent
    return await context.api.pending(limit=RECENT) if is_agent else PageSchema(items=[], next_cursor=None)
