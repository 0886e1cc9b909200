"""Pages that are always the same: help, accessibility, legal matters, and what was refused elsewhere."""

import re

from fastapi import APIRouter
from fastapi.responses import Response

from portal.advice import advice_on
from portal.cards import Limits
from portal.gateway import Refused
from portal.visits import Visit, Visited

router = APIRouter()
REFERENCE = re.compile(r"[0-9a-f]{32}")


@router.get("/help")
async def help_page(visit: Visited) -> Response:
    """How it works, limits, how to check a file."""
    return visit.show("standing/help.html", limits=await _limits(visit))


async def _limits(visit: Visit) -> Limits | None:
    """None while the service that sets them is down: help is needed then more than ever."""
    try:
        return await visit.ask.limits()
    except Refused:
        return None


@router.get("/accessibility")
async def accessibility(visit: Visited) -> Response:
    """The accessibility statement."""
    return visit.show("standing/accessibility.html")


@router.get("/legal")
async def legal(visit: Visited) -> Response:
    """Who runs this, what is kept, for how long."""
    return visit.show("standing/legal.html")


@router.get("/refused/{slug}")
async def refused(visit: Visited, slug: str, reference: str = "") -> Response:
    """What a person reads whose browser went to the bytes themselves and was refused there."""
    known = reference if REFERENCE.fullmatch(reference) else None
    return visit.show("error.html", refused=Refused(200, {"reference": known}), advice=advice_on(slug), down="")
