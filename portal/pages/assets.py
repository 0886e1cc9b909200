"""Serves styles, theme and islands, to be cached for ever under names that change with their content."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

router = APIRouter()
IMMUTABLE = "public, max-age=31536000, immutable"


@router.get("/assets/{name:path}")
async def asset(name: str, request: Request) -> Response:
    """Serve one file, compressed where the browser accepts it."""
    found = request.app.state.deps.assets.find(name)
    headers = {"Cache-Control": IMMUTABLE, "Vary": "Accept-Encoding"}
    if found.gzipped and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(found.gzipped, media_type=found.media_type, headers=headers)
    return Response(found.content, media_type=found.media_type, headers=headers)


@router.get("/robots.txt")
async def robots() -> Response:
    """Tell search engines to index nothing."""
    return Response("User-agent: *\nDisallow: /\n", media_type="text/plain")
