"""The draft's form: one form for everything, so that each button saves all that was typed."""

import uuid
from collections.abc import Awaitable, Sequence
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from client.errors import Problem
from client.schemas.upload import DraftSchema
from portal.csrf import FIELD as CSRF
from portal.draft_form import RECIPIENT_FIELDS, DraftForm, changed_fields, loaded_digest, read_draft_form
from portal.errors import as_problem, session_ended_page
from portal.formatting import days_from
from portal.forms import Form
from portal.request_context import AnyVisitor, RequestContext, SignedIn
from portal.streamed_upload import FormFileTooLarge

router = APIRouter(prefix="/drafts")
SESSION_PROBLEMS = ("unauthenticated", "session-expired", "signed-out", "session-changed")
CONFLICT = "draft-changed-elsewhere"
ERROR_FIELDS = {
    "subject-too-long": "subject",
    "text-too-long": "text",
    "too-many-recipients": "to",
    "validity-out-of-range": "validity_days",
}


@router.get("/{draft}")
async def compose(context: SignedIn, draft: uuid.UUID) -> Response:
    """Show the saved draft; the gateway redirects here with `too-large` when it refuses the body of a form."""
    return await _unless_sent(context, draft, _saved_draft(context, str(draft)))


@router.post("/{draft}")
async def save(context: AnyVisitor, draft: uuid.UUID, request: Request) -> Response:
    """Save what was typed, add a file, remove a file, go on to the review; in this order, as requested."""
    received = await read_draft_form(context, str(draft), request)
    return await _unless_sent(context, draft, _after_save(context, str(draft), received))


async def _unless_sent(context: RequestContext, draft: uuid.UUID, page: Awaitable[Response]) -> Response:
    """Return the page of a draft, or redirect to its tracking once it was sent."""
    try:
        return await page
    except Problem as problem:
        if problem.slug == "already-submitted":
            return context.redirect(f"/tracking/{draft}")
        raise


async def _saved_draft(context: RequestContext, draft: str) -> Response:
    body_refused = "too-large" in context.request.query_params
    errors = {"file": as_problem(context, FormFileTooLarge()).title} if body_refused else None
    return await _page(context, await context.api.draft(draft), errors=errors)


async def _after_save(context: RequestContext, draft: str, received: DraftForm) -> Response:
    """Redirect to the next page; show a problem on the form."""
    if received.problem is not None and received.problem.slug in SESSION_PROBLEMS:
        return _unsaved_form(context, received.form, received.problem)
    if received.problem is not None:
        return await _with_problem(context, draft, received, received.problem)
    if remove := context.request.query_params.get("remove"):
        await context.api.delete_file(draft, remove)
    if context.request.query_params.get("then") == "recap":
        return context.redirect(f"/drafts/{draft}/recap")
    return context.redirect(f"/drafts/{draft}?saved=yes" + ("#files" if remove or received.file_started else ""))


def _unsaved_form(context: RequestContext, form: Form, problem: Problem) -> Response:
    """Keep what was typed in a form that can be sent in the next session of the same person."""
    changed = changed_fields(form)
    hidden = (CSRF, *(f"was_{name}" for name in changed))
    return session_ended_page(context, problem, changed, {name: form[name] for name in hidden})


async def _with_problem(context: RequestContext, draft: str, received: DraftForm, problem: Problem) -> Response:
    """Show the problem at its field, with what was typed; the fields were saved if a file had started to arrive."""
    if problem.status in (403, 503):
        raise problem
    found, form = await context.api.draft(draft), received.form
    if received.file_started:
        return await _page(context, found, {}, {"file": problem.title})
    kept = changed_fields(form)
    if problem.slug == CONFLICT:
        conflicts = [name for name in kept if name in problem.members["fields"]]
        return await _page(context, found, kept, dict.fromkeys(conflicts, problem.title), form, conflicts)
    return await _page(context, found, kept, {ERROR_FIELDS.get(problem.slug, ""): problem.title}, form)


async def _page(
    context: RequestContext,
    draft: DraftSchema,
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    form: Form | None = None,
    conflicts: Sequence[str] = (),
) -> Response:
    """Show the draft with unsaved edits; a field in `conflicts` is shown beside its saved value."""
    limits = await context.api.limits()
    days = range(limits.validity_days.shortest, limits.validity_days.longest + 1)
    saved = _saved(draft)
    older = {name: loaded_digest(form, name) for name in typed or {} if form and name not in conflicts}
    return context.render(
        "drafts/compose.html",
        422 if errors else 200,
        draft=draft,
        limits=limits,
        total_limit=limits.total_bytes[draft.sender.role],
        ends=_ends(context.now(), days),
        typed={**saved, **(typed or {})},
        was={**draft.digests, **older},
        newer={name: saved[name] for name in conflicts},
        errors=errors or {},
        saved="saved" in context.request.query_params,
        body_refused=typed is None and errors is not None,
        page_path=f"/drafts/{draft.id}",
        form_file_bytes=context.deps.form_file_bytes,
    )


def _ends(now: datetime, days: range) -> list[tuple[int, datetime]]:
    return [(count, days_from(now, count)) for count in days]


def _saved(draft: DraftSchema) -> dict[str, str]:
    """Return the values of the fields: one address per line, including invalid ones, to be corrected in place."""
    lists = {
        field: "\n".join([*draft.addresses_in(field), *(one.text for one in draft.unreadable if one.field == field)])
        for field in RECIPIENT_FIELDS
    }
    return {**lists, "subject": draft.subject, "text": draft.text, "validity_days": str(draft.validity_days)}
