"""Show refusals and errors as pages: what happened, what to do, whom to contact, and a reference."""

from collections.abc import Mapping
from typing import cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from client.errors import InvalidBody, InvalidPath, Problem
from portal.problem_help import help_for, outage
from portal.request_context import API_PROXY, UNAUTHENTICATED, RequestContext, any_visitor
from services.kit import trace
from services.kit.logs import logger
from services.kit.problems import BY_STATUS, MEDIA_TYPE, InternalError, record_problem
from services.kit.refusals import BadRequest, NotFound, Refusal


def as_problem(context: RequestContext, refusal: Refusal) -> Problem:
    """Convert a refusal of the portal into the form in which those of the services arrive."""
    members = {
        **refusal.members,
        "type": f"/problems/{refusal.slug()}",
        "title": refusal.title(context.language),
        "status": refusal.status,
        "reference": trace.trace_id(),
    }
    return Problem(refusal.status, members)


def problem_page(context: RequestContext, problem: Problem) -> Response:
    """Return the page of a problem: the way to sign in for 401, the problem document itself for a script."""
    record_problem(context.request, _metric_slug(problem))
    if context.request.url.path.startswith(f"/{API_PROXY}/"):
        return _problem_document(context, problem)
    if problem.status == UNAUTHENTICATED:
        return session_ended_page(context, problem)
    page = context.render(
        "error.html",
        problem.status,
        problem=problem,
        reference=reference_of(problem),
        help=help_for(problem.slug),
        outage=outage(problem.slug, problem.service),
    )
    page.headers.update(_retry_after(problem))
    return page


def reference_of(problem: Problem) -> str:
    """Return the reference to give to the support: that of the service, or that of this request."""
    return str(problem.members.get("reference") or trace.trace_id() or "")


def _retry_after(problem: Problem) -> dict[str, str]:
    seconds = problem.retry_after_seconds
    return {} if seconds is None else {"Retry-After": str(seconds)}


def _metric_slug(problem: Problem) -> str:
    """Return the problem's slug for metrics and log lines; `other` unless it has letters and hyphens only."""
    return problem.slug if problem.slug.replace("-", "").isalpha() else "other"


def session_ended_page(
    context: RequestContext,
    problem: Problem,
    typed: Mapping[str, str] | None = None,
    hidden: Mapping[str, str] | None = None,
) -> Response:
    """Return the page that leads to a new session, with a form to save what was typed and not saved."""
    if problem.status == UNAUTHENTICATED and context.had_session:
        context.end_session()
    values = {"reason": problem.slug, "typed": typed or {}, "hidden": hidden or {}}
    return context.render("access/session_ended.html", problem.status, **values)


def _problem_document(context: RequestContext, problem: Problem) -> Response:
    """Return the service's own problem document, or one of ours where the response had none."""
    ours = as_problem(context, BY_STATUS.get(problem.status, InternalError)()).members | {"status": problem.status}
    members = problem.members or ours
    headers = {"Cache-Control": "no-store", "Content-Language": context.language, **_retry_after(problem)}
    return JSONResponse(members, problem.status, headers, MEDIA_TYPE)


async def _on_problem(request: Request, error: Exception) -> Response:
    return problem_page(any_visitor(request), cast(Problem, error))


async def _on_refusal(request: Request, error: Exception) -> Response:
    context = any_visitor(request)
    return problem_page(context, as_problem(context, cast(Refusal, error)))


async def _on_invalid_path(request: Request, _error: Exception) -> Response:
    """Answer 404: a path parameter that is not an id, or is empty or dots, leads nowhere."""
    context = any_visitor(request)
    return problem_page(context, as_problem(context, NotFound()))


async def _on_invalid_body(request: Request, _error: Exception) -> Response:
    """Answer 400: what was sent cannot be sent on."""
    context = any_visitor(request)
    return problem_page(context, as_problem(context, BadRequest()))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    context = any_visitor(request)
    refusal = BY_STATUS.get(cast(HTTPException, error).status_code, BadRequest)()
    return problem_page(context, as_problem(context, refusal))


async def _on_unexpected_error(request: Request, error: Exception) -> Response:
    logger().error("a page failed unexpectedly", exc_info=error)
    context = any_visitor(request)
    return problem_page(context, as_problem(context, InternalError()))


async def _on_client_disconnect(_request: Request, _error: Exception) -> Response:
    """Return a response that nobody receives."""
    return Response(status_code=400)


def install(app: FastAPI) -> None:
    """Register the handlers that show every refusal and every error as a page."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_invalid_path)
    app.add_exception_handler(InvalidPath, _on_invalid_path)
    app.add_exception_handler(InvalidBody, _on_invalid_body)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(ClientDisconnect, _on_client_disconnect)
    app.add_exception_handler(Exception, _on_unexpected_error)
