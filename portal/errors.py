"""How is a refusal shown to people? One layout: what happened, what to do, whom to ask, a reference."""

from collections.abc import Mapping
from typing import cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from portal.advice import advice_on, down
from portal.gateway import Refused
from portal.visits import UNAUTHENTICATED, Visit
from services.kit import trace
from services.kit.logs import logger
from services.kit.problems import BY_STATUS, MEDIA_TYPE, InternalError, record_problem
from services.kit.refusals import BadRequest, NotFound, Refusal

FOR_SCRIPTS = "/relay/"
"""Where only scripts ask; they are answered with the problem itself, and show its words on their page."""


def told(visit: Visit, refusal: Refusal) -> Refused:
    """A refusal of our own, in the form in which the services' arrive."""
    members = {
        **refusal.members,
        "type": f"/problems/{refusal.slug()}",
        "title": refusal.title(visit.language),
        "status": refusal.status,
        "reference": trace.trace_id(),
    }
    return Refused(refusal.status, members)


def shown(visit: Visit, refused: Refused) -> Response:
    """The page of a refusal; whoever has no session is shown the way to one. A script is told the problem."""
    record_problem(visit.request, _slug(refused))
    if visit.request.url.path.startswith(FOR_SCRIPTS):
        return _problem(visit, refused)
    if refused.status == UNAUTHENTICATED:
        return session_over(visit, refused)
    answer = visit.show(
        "error.html",
        refused.status,
        refused=refused,
        advice=advice_on(refused.slug),
        down=down(refused.slug, refused.service),
    )
    if refused.retry_after.isdigit():
        answer.headers["Retry-After"] = refused.retry_after
    return answer


def _slug(refused: Refused) -> str:
    """Its name, for counters and log lines, which take none that is odd."""
    return refused.slug if refused.slug.replace("-", "").isalpha() else "other"


def session_over(
    visit: Visit, refused: Refused, typed: Mapping[str, str] | None = None, hidden: Mapping[str, str] | None = None
) -> Response:
    """The way to another session, and a form with what was typed and could not be saved, to be saved in it."""
    if refused.status == UNAUTHENTICATED and visit.was_known:
        visit.forget()
    values = {"why": refused.slug, "typed": typed or {}, "hidden": hidden or {}}
    return visit.show("access/over.html", refused.status, **values)


def _problem(visit: Visit, refused: Refused) -> Response:
    """The services' own document; one of ours where an answer on the way was none."""
    ours = told(visit, BY_STATUS.get(refused.status, InternalError)()).members | {"status": refused.status}
    members = refused.members or ours
    headers = {"Cache-Control": "no-store", "Content-Language": visit.language}
    if refused.retry_after.isdigit():
        headers["Retry-After"] = refused.retry_after
    return JSONResponse(members, refused.status, headers, MEDIA_TYPE)


def _visit(request: Request) -> Visit:
    return Visit(request, request.app.state.deps)


async def _refused(request: Request, error: Exception) -> Response:
    return shown(_visit(request), cast(Refused, error))


async def _refusal(request: Request, error: Exception) -> Response:
    here = _visit(request)
    return shown(here, told(here, cast(Refusal, error)))


async def _malformed(request: Request, _error: Exception) -> Response:
    """What is not an id cannot lead anywhere."""
    here = _visit(request)
    return shown(here, told(here, NotFound()))


async def _http(request: Request, error: Exception) -> Response:
    here = _visit(request)
    return shown(here, told(here, BY_STATUS.get(cast(HTTPException, error).status_code, BadRequest)()))


async def _unexpected(request: Request, error: Exception) -> Response:
    logger().error("a page failed unexpectedly", exc_info=error)
    here = _visit(request)
    return shown(here, told(here, InternalError()))


async def _gone(_request: Request, _error: Exception) -> Response:
    """Nobody is there to read it."""
    return Response(status_code=400)


def install(app: FastAPI) -> None:
    """Show every refusal and every error as a page."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(Refusal, _refusal)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _unexpected)
