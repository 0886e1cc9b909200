"""Styles, the theme and the islands, to be kept for ever under a name that changes with them."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

router = APIRouter()
FOR_EVER = "public, max-age=31536000, immutable"


@router.get("/assets/{name:path}")
async def asset(name: str, request: Request) -> Response:
    """One file, packed when the browser can unpack it."""
    found = request.app.state.deps.assets.find(name)
    headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding"}
    if found.packed and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(found.packed, media_type=found.media_type, headers=headers)
    return Response(found.content, media_type=found.media_type, headers=headers)


@router.get("/robots.txt")
async def robots() -> Response:
    """Nothing here is for search engines."""
    return Response("User-agent: *\nDisallow: /\n", media_type="text/plain")
