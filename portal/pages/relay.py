"""What scripts of our pages may ask in the session's name: the token stays in its cookie, the list here is short."""

import re
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic_core import from_json

from portal.forms import FromScript, body_of
from portal.visits import Member
from services.kit.refusals import BadRequest, NotFound

router = APIRouter()
UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
MAY_ASK = (
    (("GET", "PATCH"), re.compile(rf"drafts/{UUID}")),
    (("GET", "PUT", "DELETE"), re.compile(rf"drafts/{UUID}/files/{UUID}")),
    (("POST",), re.compile(rf"drafts/{UUID}/files/{UUID}/completion")),
)
LARGEST_BYTES = 256 * 1024
PRIVATE = {"Cache-Control": "no-store"}


@router.api_route("/relay/{asked:path}", methods=["GET", "PATCH", "PUT", "DELETE", "POST"], dependencies=[FromScript])
async def relay(visit: Member, asked: str, request: Request) -> Response:
    """Pass one request on to the upload service, and its answer back as it is."""
    if not any(request.method in methods and path.fullmatch(asked) for methods, path in MAY_ASK):
        raise NotFound()
    answer = await visit.ask.ask(request.method, "upload", *asked.split("/"), body=await _json(request))
    return JSONResponse(answer, headers=PRIVATE) if answer is not None else Response(status_code=204)


async def _json(request: Request) -> Any:
    body = await body_of(request, LARGEST_BYTES)
    try:
        return from_json(body) if body else None
    except ValueError:
        raise BadRequest() from None
