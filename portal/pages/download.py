"""The counter: a page that costs nothing, and one button a file that takes a download and leads to its bytes."""

import uuid

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from portal.forms import Form, Posted
from portal.gateway import Refused
from portal.visits import Visit, Visited

router = APIRouter(prefix="/download")
BEGIN_ANOTHER = ("download-already-done", "download-spent")


@router.get("/{token}")
async def offer(visit: Visited, token: str) -> Response:
    """What there is, how often, until when; looking costs nothing."""
    again = visit.request.query_params.get("again", "")
    found = await visit.ask.offer(token)
    return visit.show_live("download/offer.html", found, offer=found, token=token, again=again, new_id=new_id)


@router.post("/{token}/files/{file}")
async def download(visit: Visited, token: str, file: str, form: Posted) -> Response:
    """One file."""
    return await _start(visit, token, ("files", file), form)


@router.post("/{token}/archive")
async def download_all(visit: Visited, token: str, form: Posted) -> Response:
    """Everything as one file."""
    return await _start(visit, token, ("archive",), form)


@router.post("/{token}/opened")
async def opened(visit: Visited, token: str, form: Posted) -> Response:  # noqa: ARG001
    """A person is looking; the page's script says so, a scanner does not."""
    await visit.ask.note_opened(token)
    return Response(status_code=204)


async def _start(visit: Visit, token: str, what: tuple[str, ...], form: Form) -> Response:
    """On to the bytes. The page named this download, so that a double click takes one; ended, it begins no other."""
    try:
        card = await visit.ask.start(token, what, form["download"])
    except Refused as refused:
        if refused.slug not in BEGIN_ANOTHER:
            raise
        card = {"state": "done"}
    if card.get("state") == "done":
        return visit.go(f"/download/{token}?again={what[-1]}")
    return RedirectResponse(str(card["url"]), 303, headers=visit.headers())


def new_id() -> str:
    """A name for a download that may be begun."""
    return str(uuid.uuid4())
