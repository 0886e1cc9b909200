"""Pages that are always the same: help, accessibility, legal matters."""

from fastapi import APIRouter
from fastapi.responses import Response

from portal.visits import Visited

router = APIRouter()


@router.get("/help")
async def help_page(visit: Visited) -> Response:
    """How it works, limits, how to check a file."""
    return visit.show("standing/help.html", limits=await visit.ask.limits())


@router.get("/accessibility")
async def accessibility(visit: Visited) -> Response:
    """The accessibility statement."""
    return visit.show("standing/accessibility.html")


@router.get("/legal")
async def legal(visit: Visited) -> Response:
    """Who runs this, what is kept, for how long."""
    return visit.show("standing/legal.html")
