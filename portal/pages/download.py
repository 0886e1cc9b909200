"""The page of a download link; each button starts one download and redirects to its bytes."""

import uuid
from collections.abc import Awaitable

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from client.errors import Problem
from client.schemas.download import StartedDownloadSchema
from portal.forms import PostedForm
from portal.request_context import AnyVisitor, RequestContext

router = APIRouter(prefix="/download")
ARCHIVE = "archive"
ALREADY_USED = ("download-already-done", "download-spent")


@router.get("/{token}")
async def show_link(context: AnyVisitor, token: str) -> Response:
    """Show the files, the downloads left and the end date; count nothing."""
    again = context.request.query_params.get("again", "")
    found = await context.api.offer(token)
    return context.render_with_etag("download/link.html", found, link=found, token=token, again=again, new_id=new_id)


@router.post("/{token}/files/{file}")
async def download(context: AnyVisitor, token: str, file: str, form: PostedForm) -> Response:
    """Start the download of one file."""
    return await _start(context, token, file, context.api.start_download(token, file, form["download"]))


@router.post("/{token}/archive")
async def download_all(context: AnyVisitor, token: str, form: PostedForm) -> Response:
    """Start the download of all files as one archive."""
    return await _start(context, token, ARCHIVE, context.api.start_archive(token, form["download"]))


@router.post("/{token}/opened")
async def opened(context: AnyVisitor, token: str, form: PostedForm) -> Response:  # noqa: ARG001
    """Record that a person opened the page: its script reports it, which mail scanners do not run."""
    await context.api.mark_opened(token)
    return Response(status_code=204)


async def _start(context: RequestContext, token: str, what: str, started: Awaitable[StartedDownloadSchema]) -> Response:
    """Redirect to the bytes. The page chose the download id, so that a double click starts one download only."""
    again = context.redirect(f"/download/{token}?again={what}")
    try:
        found = await started
    except Problem as problem:
        if problem.slug not in ALREADY_USED:
            raise
        return again
    return again if found.is_done else RedirectResponse(found.url, 303, headers=context.headers())


def new_id() -> str:
    """Return the id of a download that may be started."""
    return str(uuid.uuid4())
