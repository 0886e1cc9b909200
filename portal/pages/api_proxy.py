"""Lets scripts of our pages call a few endpoints of the upload service; the session token stays in its cookie."""

import re
from types import NoneType
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic_core import from_json

from client.request import ApiRequest, api_path
from client.schemas.values import DocumentSchema
from portal.forms import VerifiedScript, read_body
from portal.request_context import API_PROXY, SignedIn
from services.kit.refusals import BadRequest, NotFound

router = APIRouter()
UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
ALLOWED = (
    (("GET", "PATCH"), re.compile(rf"drafts/{UUID}")),
    (("GET", "PUT", "DELETE"), re.compile(rf"drafts/{UUID}/files/{UUID}")),
    (("POST",), re.compile(rf"drafts/{UUID}/files/{UUID}/completion")),
)
MAX_BYTES = 256 * 1024
NO_STORE = {"Cache-Control": "no-store"}


@router.api_route(
    f"/{API_PROXY}/{{path:path}}", methods=["GET", "PATCH", "PUT", "DELETE", "POST"], dependencies=[VerifiedScript]
)
async def forward(context: SignedIn, path: str, request: Request) -> Response:
    """Forward one request to the upload service, and return its response unchanged."""
    if not any(request.method in methods and pattern.fullmatch(path) for methods, pattern in ALLOWED):
        raise NotFound()
    path, body = api_path("upload", *path.split("/")), await _json(request)
    if request.method == "DELETE":
        await context.api.call(ApiRequest("DELETE", path, NoneType, body))
        return Response(status_code=204)
    found = await context.api.call(ApiRequest(request.method, path, DocumentSchema, body))
    return JSONResponse(found.document, headers=NO_STORE)


async def _json(request: Request) -> Any:
    body = await read_body(request, MAX_BYTES)
    try:
        return from_json(body) if body else None
    except ValueError:
        raise BadRequest() from None
