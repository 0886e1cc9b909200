"""Answer refusals as problem details (RFC 9457) in the reader's language, and to browsers as pages."""

from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from services.kit import metrics, trace
from services.kit.logs import logger
from services.kit.refusals import (
    BadRequest,
    Conflict,
    ContentTooLarge,
    Forbidden,
    Gone,
    LengthRequired,
    NotFound,
    Refusal,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    Unprocessable,
    UnsupportedMediaType,
)

MEDIA_TYPE = "application/problem+json"


class MalformedRequest(Unprocessable):
    """The request does not have the form that this address expects."""

    title_fr = "La demande n'a pas la forme attendue à cette adresse."
    errors: list[dict[str, str]] | None


class MethodNotAllowed(Refusal):
    """Method not allowed."""

    status = 405
    title_fr = "Méthode non autorisée."


class InternalError(Refusal):
    """Something went wrong on our side; the reference helps us to find the cause."""

    status = 500
    title_fr = "Une erreur s'est produite de notre côté ; la référence nous aide à en trouver la cause."


BY_STATUS: dict[int, type[Refusal]] = {
    400: BadRequest,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    409: Conflict,
    410: Gone,
    411: LengthRequired,
    413: ContentTooLarge,
    415: UnsupportedMediaType,
    422: Unprocessable,
    429: TooManyRequests,
    500: InternalError,
    503: Unavailable,
}


def language_of(request: Request) -> str:
    """Return `fr`, unless the reader prefers English."""
    wished = request.headers.get("accept-language", "fr").lower()
    first = [entry.split(";")[0].strip()[:2] for entry in wished.split(",")]
    return next((entry for entry in first if entry in ("fr", "en")), "fr")


def record_problem(request: Request, slug: str) -> None:
    """Count a problem, and name it in the log line of its request."""
    metrics.refusals.labels(slug).inc()
    request.state.problem = slug


def problem_response(request: Request, refusal: Refusal) -> Response:
    """Return the response for a refusal: type, title, status, a reference, and the refusal's members."""
    language = language_of(request)
    body: dict[str, Any] = {
        **refusal.members,
        "type": f"/problems/{refusal.slug()}",
        "title": refusal.title(language),
        "status": refusal.status,
        "reference": trace.trace_id(),
    }
    if refusal.detail:
        body["detail"] = refusal.detail
    headers = {"Content-Language": language, "Cache-Control": "no-store"}
    wait = getattr(refusal, "retry_after_seconds", None)
    if wait is not None:
        headers["Retry-After"] = str(wait)
    record_problem(request, refusal.slug())
    return JSONResponse(body, status_code=refusal.status, headers=headers, media_type=MEDIA_TYPE)


def _is_page_navigation(request: Request) -> bool:
    """Return whether a browser navigates here; one that resumes a download would store a page as the file."""
    headers = request.headers
    navigates = (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")) == ("navigate", "document")
    return request.method == "GET" and navigates and "range" not in headers


def _respond(request: Request, refusal: Refusal) -> Response:
    """Return the problem, or for a page navigation a redirection to the portal's page."""
    pages_url = request.app.state.pages_url
    if not pages_url or not _is_page_navigation(request):
        return problem_response(request, refusal)
    record_problem(request, refusal.slug())
    page = f"{pages_url}/refused/{refusal.slug()}?reference={trace.trace_id()}"
    return RedirectResponse(page, 303, {"Cache-Control": "no-store"})


async def _on_refusal(request: Request, error: Exception) -> Response:
    return _respond(request, cast(Refusal, error))


async def _on_validation_error(request: Request, error: Exception) -> Response:
    found = cast(RequestValidationError, error).errors()
    errors = [
        {"pointer": "/" + "/".join(str(step) for step in entry["loc"][1:]), "detail": entry["msg"]} for entry in found
    ]
    return problem_response(request, MalformedRequest(errors=errors[:20]))


async def _on_encoding_error(request: Request, _error: Exception) -> Response:
    """A lone surrogate is valid JSON, but can be neither hashed, stored nor sent."""
    return problem_response(request, MalformedRequest())


async def _on_http_exception(request: Request, error: Exception) -> Response:
    return _respond(request, BY_STATUS.get(cast(HTTPException, error).status_code, BadRequest)())


async def _on_exception(request: Request, error: Exception) -> Response:
    logger().error("a request failed unexpectedly", exc_info=error)
    return _respond(request, InternalError())


def install(app: FastAPI, pages_url: str = "") -> None:
    """Answer every refusal and error of this application as a problem; browsers see it as a page of `pages_url`."""
    app.state.pages_url = pages_url
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(UnicodeEncodeError, _on_encoding_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(Exception, _on_exception)
