"""What becomes of a draft, besides being written? It is begun, thrown away, looked over, sent."""

import uuid

from fastapi import APIRouter
from fastapi.responses import Response

from portal.forms import Posted
from portal.gateway import Refused
from portal.pages.compose import OVERTAKEN
from portal.receiving import TYPED
from portal.visits import Member
from portal.words import days_from

router = APIRouter(prefix="/drafts")


@router.post("")
async def begin(visit: Member, form: Posted) -> Response:
    """A new one; the form says its id, so that a double click begins one draft."""
    id = _uuid(form["draft"]) or str(uuid.uuid4())
    await visit.ask.begin_draft(id)
    return visit.go(f"/drafts/{id}")


@router.get("/{draft}/delete")
async def ask_before(visit: Member, draft: uuid.UUID) -> Response:
    """Is it really to go?"""
    return visit.show("drafts/delete.html", draft=await visit.ask.draft(str(draft)))


@router.post("/{draft}/delete")
async def throw_away(visit: Member, draft: uuid.UUID, form: Posted) -> Response:  # noqa: ARG001
    """Throw it away with its files."""
    await visit.ask.drop_draft(str(draft))
    return visit.go("/drafts")


@router.get("/{draft}/recap")
async def recap(visit: Member, draft: uuid.UUID) -> Response:
    """Everything once more before it is sent, or what is missing."""
    try:
        found = await visit.ask.draft(str(draft))
    except Refused as refused:
        if refused.slug == "already-submitted":
            return visit.go(f"/drafts/{draft}/sent")
        raise
    return visit.show(
        "drafts/recap.html",
        draft=found,
        ends_at=days_from(visit.now(), found.validity_days),
        was={f"was_{name}": digest for name, digest in found.digests.items()},
        was_changed="changed" in visit.request.query_params,
    )


@router.post("/{draft}/submission")
async def submit(visit: Member, draft: uuid.UUID, form: Posted) -> Response:
    """Send what was shown; what stands in the way, or that it was changed since then, is shown on the page before."""
    try:
        await visit.ask.submit(str(draft), {name: form[f"was_{name}"] for name in (*TYPED, "files")})
    except Refused as refused:
        if refused.slug == OVERTAKEN:
            return visit.go(f"/drafts/{draft}/recap?changed=yes")
        if "problems" in refused.members:
            return visit.go(f"/drafts/{draft}/recap")
        raise
    return visit.go(f"/drafts/{draft}/sent")


@router.get("/{draft}/sent")
async def sent(visit: Member, draft: uuid.UUID) -> Response:
    """What was sent, who has to approve it, and where to follow it."""
    return visit.show("drafts/sent.html", transfer=await visit.ask.transfer(str(draft)))


def _uuid(given: str) -> str | None:
    try:
        return str(uuid.UUID(given))
    except ValueError:
        return None
