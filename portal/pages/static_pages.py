"""Static pages: help, accessibility statement, legal notice, and refusals outside the portal."""

import re

from fastapi import APIRouter
from fastapi.responses import Response

from client.errors import Problem
from client.schemas.upload import UploadLimitsSchema
from portal.errors import reference_of
from portal.problem_help import help_for
from portal.request_context import AnyVisitor, RequestContext

router = APIRouter()
REFERENCE = re.compile(r"[0-9a-f]{32}")


@router.get("/help")
async def help_page(context: AnyVisitor) -> Response:
    """Show how it works, the limits, and how to verify a file."""
    return context.render("static/help.html", limits=await _limits(context))


async def _limits(context: RequestContext) -> UploadLimitsSchema | None:
    """Return none while the upload service is down, so that the help page still works."""
    try:
        return await context.api.limits()
    except Problem:
        return None


@router.get("/accessibility")
async def accessibility(context: AnyVisitor) -> Response:
    """Show the accessibility statement."""
    return context.render("static/accessibility.html")


@router.get("/legal")
async def legal(context: AnyVisitor) -> Response:
    """Show who operates the service, and what is stored for how long."""
    return context.render("static/legal.html")


@router.get("/refused/{slug}")
async def refused(context: AnyVisitor, slug: str, reference: str = "") -> Response:
    """Show the problem to a person whose browser requested the bytes of a file and was refused."""
    problem = Problem(200, {"reference": reference if REFERENCE.fullmatch(reference) else None})
    return context.render(
        "error.html", problem=problem, reference=reference_of(problem), help=help_for(slug), outage=""
    )
