"""How does a refusal look on the wire? Problem details (RFC 9457) in the reader's language; to people, a page."""

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
    Forbidden,
    Gone,
    LengthNeeded,
    NotFound,
    Refusal,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
    Unprocessable,
    UnsupportedType,
)

MEDIA_TYPE = "application/problem+json"


class MalformedRequest(Unprocessable):
    """The request is not of the form that this address takes."""

    french = "La demande n'a pas la forme attendue à cette adresse."


class MethodNotAllowed(Refusal):
    """This method is not for this address."""

    status = 405
    french = "Cette méthode n'est pas prévue à cette adresse."


class InternalError(Refusal):
    """Something went wrong here; the reference helps us to find it."""

    status = 500
    french = "Une erreur s'est produite chez nous ; la référence nous aide à la trouver."


BY_STATUS: dict[int, type[Refusal]] = {
    400: BadRequest,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    409: Conflict,
    410: Gone,
    411: LengthNeeded,
    413: TooLarge,
    415: UnsupportedType,
    422: Unprocessable,
    429: TooMany,
    500: InternalError,
    503: Unavailable,
}


def language_of(request: Request) -> str:
    """`fr` unless the reader prefers English."""
    wished = request.headers.get("accept-language", "fr").lower()
    first = [entry.split(";")[0].strip()[:2] for entry in wished.split(",")]
    return next((entry for entry in first if entry in ("fr", "en")), "fr")


def noted(request: Request, slug: str) -> None:
    """Count a problem, and name it in the log line of its request."""
    metrics.refusals.labels(slug).inc()
    request.state.problem = slug


def problem(request: Request, refusal: Refusal) -> Response:
    """The response for a refusal: type, title, status, a reference, and what the refusal adds."""
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
    noted(request, refusal.slug())
    return JSONResponse(body, status_code=refusal.status, headers=headers, media_type=MEDIA_TYPE)


def _is_visit(request: Request) -> bool:
    """A browser came here to show what there is; one that goes on with a download would keep a page as the file."""
    said = request.headers
    shows = (said.get("sec-fetch-mode"), said.get("sec-fetch-dest")) == ("navigate", "document")
    return request.method == "GET" and shows and "range" not in said


def _told(request: Request, refusal: Refusal) -> Response:
    """The problem, or for a visit the portal's page of it."""
    pages_url = request.app.state.pages_url
    if not pages_url or not _is_visit(request):
        return problem(request, refusal)
    noted(request, refusal.slug())
    page = f"{pages_url}/refused/{refusal.slug()}?reference={trace.trace_id()}"
    return RedirectResponse(page, 303, {"Cache-Control": "no-store"})


async def _refused(request: Request, error: Exception) -> Response:
    return _told(request, cast(Refusal, error))


async def _malformed(request: Request, error: Exception) -> Response:
    found = cast(RequestValidationError, error).errors()
    errors = [
        {"pointer": "/" + "/".join(str(step) for step in entry["loc"][1:]), "detail": entry["msg"]} for entry in found
    ]
    return problem(request, MalformedRequest(errors=errors[:20]))


async def _unwritable(request: Request, _error: Exception) -> Response:
    """Half a surrogate pair passes as JSON, and can be neither hashed, stored nor sent."""
    return problem(request, MalformedRequest())


async def _http(request: Request, error: Exception) -> Response:
    return _told(request, BY_STATUS.get(cast(HTTPException, error).status_code, BadRequest)())


async def _unexpected(request: Request, error: Exception) -> Response:
    logger().error("a request failed unexpectedly", exc_info=error)
    return _told(request, InternalError())


def install(app: FastAPI, pages_url: str = "") -> None:
    """Answer every refusal and every error of this application as a problem; people read it at `pages_url`."""
    app.state.pages_url = pages_url
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(UnicodeEncodeError, _unwritable)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)
