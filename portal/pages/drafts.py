"""A draft's pages besides its form: create, delete, review and send."""

import uuid

from fastapi import APIRouter
from fastapi.responses import Response

from client.errors import Problem
from portal.draft_form import EDITABLE_FIELDS
from portal.formatting import days_from
from portal.forms import PostedForm
from portal.pages.compose import CONFLICT
from portal.request_context import SignedIn

router = APIRouter(prefix="/drafts")


@router.post("")
async def create(context: SignedIn, form: PostedForm) -> Response:
    """Create a draft; the form has its id, so that a double click creates one."""
    id = _uuid(form["draft"]) or str(uuid.uuid4())
    await context.api.create_draft(id)
    return context.redirect(f"/drafts/{id}")


@router.get("/{draft}/delete")
async def confirm_delete(context: SignedIn, draft: uuid.UUID) -> Response:
    """Ask for confirmation."""
    return context.render("drafts/delete.html", draft=await context.api.draft(str(draft)))


@router.post("/{draft}/delete")
async def delete(context: SignedIn, draft: uuid.UUID, form: PostedForm) -> Response:  # noqa: ARG001
    """Delete the draft with its files."""
    await context.api.delete_draft(str(draft))
    return context.redirect("/drafts")


@router.get("/{draft}/recap")
async def recap(context: SignedIn, draft: uuid.UUID) -> Response:
    """Show everything before it is sent, or what is missing."""
    try:
        found = await context.api.draft(str(draft))
    except Problem as problem:
        if problem.slug == "already-submitted":
            return context.redirect(f"/drafts/{draft}/sent")
        raise
    return context.render(
        "drafts/recap.html",
        draft=found,
        ends_at=days_from(context.now(), found.validity_days),
        was={f"was_{name}": digest for name, digest in found.digests.items()},
        was_changed="changed" in context.request.query_params,
    )


@router.post("/{draft}/submission")
async def submit(context: SignedIn, draft: uuid.UUID, form: PostedForm) -> Response:
    """Send what was shown; when something is missing or was changed since, show the review again."""
    try:
        await context.api.submit(str(draft), {name: form[f"was_{name}"] for name in (*EDITABLE_FIELDS, "files")})
    except Problem as problem:
        if problem.slug == CONFLICT:
            return context.redirect(f"/drafts/{draft}/recap?changed=yes")
        if "problems" in problem.members:
            return context.redirect(f"/drafts/{draft}/recap")
        raise
    return context.redirect(f"/drafts/{draft}/sent")


@router.get("/{draft}/sent")
async def sent(context: SignedIn, draft: uuid.UUID) -> Response:
    """Show what was sent, who has to approve it, and the link to its tracking."""
    return context.render("drafts/sent.html", transfer=await context.api.sent_transfer(str(draft)))


def _uuid(given: str) -> str | None:
    try:
        return str(uuid.UUID(given))
    except ValueError:
        return None
