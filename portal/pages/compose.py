"""Writing a draft: one form holds everything, so that whatever button is pressed, nothing that was typed is lost."""

import uuid
from collections.abc import Awaitable, Sequence
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from portal.cards import Draft
from portal.csrf import FIELD as CSRF
from portal.errors import session_over, told
from portal.forms import Form
from portal.gateway import Refused
from portal.passing import FormFileTooLarge
from portal.receiving import ADDRESSED, Received, made_from, receive, typed
from portal.visits import Member, Visit, Visited
from portal.words import days_from

router = APIRouter(prefix="/drafts")
OTHER_SESSION = ("unauthenticated", "session-expired", "signed-out", "session-changed")
OVERTAKEN = "draft-changed-elsewhere"
AT_FIELD = {
    "subject-too-long": "subject",
    "text-too-long": "text",
    "too-many-recipients": "to",
    "validity-out-of-range": "validity_days",
}


@router.get("/{draft}")
async def compose(visit: Member, draft: uuid.UUID) -> Response:
    """The draft as it was saved; `too-large` is where the gateway leads with a form that it does not take in."""
    return await _unless_sent(visit, draft, _opened(visit, str(draft)))


@router.post("/{draft}")
async def save(visit: Visited, draft: uuid.UUID, request: Request) -> Response:
    """Save what was typed, take in a file, take one out, go on to the recap; in this order, as far as asked for."""
    received = await receive(visit, str(draft), request)
    return await _unless_sent(visit, draft, _received(visit, str(draft), received))


async def _unless_sent(visit: Visit, draft: uuid.UUID, page: Awaitable[Response]) -> Response:
    """The page of a draft; once it was sent, where it is followed."""
    try:
        return await page
    except Refused as refused:
        if refused.slug == "already-submitted":
            return visit.go(f"/tracking/{draft}")
        raise


async def _opened(visit: Visit, draft: str) -> Response:
    was_unread = "too-large" in visit.request.query_params
    errors = {"file": told(visit, FormFileTooLarge()).title} if was_unread else None
    return await _page(visit, await visit.ask.draft(draft), errors=errors)


async def _received(visit: Visit, draft: str, received: Received) -> Response:
    """Where it goes on after what came; what was refused is shown on the page."""
    if received.refused is not None and received.refused.slug in OTHER_SESSION:
        return _kept(visit, received.form, received.refused)
    if received.refused is not None:
        return await _again(visit, draft, received, received.refused)
    if remove := visit.request.query_params.get("remove"):
        await visit.ask.drop_file(draft, remove)
    if visit.request.query_params.get("then") == "recap":
        return visit.go(f"/drafts/{draft}/recap")
    return visit.go(f"/drafts/{draft}?saved=yes" + ("#files" if remove or received.file_began else ""))


def _kept(visit: Visit, form: Form, refused: Refused) -> Response:
    """What was typed stays in a form, which is as good in the next session of the same person."""
    changed = typed(form)
    hidden = (CSRF, *(f"was_{name}" for name in changed))
    return session_over(visit, refused, changed, {name: form[name] for name in hidden})


async def _again(visit: Visit, draft: str, received: Received, refused: Refused) -> Response:
    """The page with the refusal where it belongs, and what was typed; that was saved when a file had begun to come."""
    if refused.status in (403, 503):
        raise refused
    found, form = await visit.ask.draft(draft), received.form
    if received.file_began:
        return await _page(visit, found, {}, {"file": refused.title})
    kept = typed(form)
    if refused.slug == OVERTAKEN:
        overtaken = [name for name in kept if name in refused.members["fields"]]
        return await _page(visit, found, kept, dict.fromkeys(overtaken, refused.title), form, overtaken)
    return await _page(visit, found, kept, {AT_FIELD.get(refused.slug, ""): refused.title}, form)


async def _page(
    visit: Visit,
    draft: Draft,
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    form: Form | None = None,
    overtaken: Sequence[str] = (),
) -> Response:
    """The draft, over it what was typed and is not saved; that of `overtaken` fields is shown beside what is saved."""
    limits = await visit.ask.limits()
    days = range(limits.validity_days.shortest, limits.validity_days.longest + 1)
    saved = _saved(draft)
    older = {name: made_from(form, name) for name in typed or {} if form and name not in overtaken}
    return visit.show(
        "drafts/compose.html",
        422 if errors else 200,
        draft=draft,
        limits=limits,
        total_limit=limits.total_bytes[draft.sender.role],
        ends=_ends(visit.now(), days),
        typed={**saved, **(typed or {})},
        was={**draft.digests, **older},
        newer={name: saved[name] for name in overtaken},
        errors=errors or {},
        saved="saved" in visit.request.query_params,
        was_unread=typed is None and errors is not None,
        here=f"/drafts/{draft.id}",
        form_file_bytes=visit.deps.form_file_bytes,
    )


def _ends(now: datetime, days: range) -> list[tuple[int, datetime]]:
    return [(count, days_from(now, count)) for count in days]


def _saved(draft: Draft) -> dict[str, str]:
    """What the fields hold: addresses one a line, also those that could not be read, to be corrected in place."""
    lists = {
        field: "\n".join([*draft.of(field), *(one.text for one in draft.unreadable if one.field == field)])
        for field in ADDRESSED
    }
    return {**lists, "subject": draft.subject, "text": draft.text, "validity_days": str(draft.validity_days)}
