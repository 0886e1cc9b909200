"""The decision by the link in a mail: opening the page changes nothing, its two buttons decide."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

from fastapi import APIRouter
from fastapi.responses import Response

from client.errors import Problem
from client.schemas.propagation import DecisionSchema
from portal.forms import Form, PostedForm
from portal.request_context import AnyVisitor, RequestContext

router = APIRouter(prefix="/approve")
SHOW_AGAIN = ("already-decided", "approval-snapshot-stale")


class DecisionCalls(NamedTuple):
    """How to read and to make one decision: by the token of a mailed link, or by the session of an agent."""

    show: Callable[[], Awaitable[DecisionSchema]]
    approve: Callable[[str], Awaitable[DecisionSchema]]
    refuse: Callable[[str, str], Awaitable[DecisionSchema]]


@router.get("/{token}")
async def show(context: AnyVisitor, token: str) -> Response:
    """Show sender, recipients and content; change nothing."""
    return decision_page(context, await context.api.approval_request(token), f"/approve/{token}")


@router.post("/{token}/approval")
async def approve(context: AnyVisitor, token: str, form: PostedForm) -> Response:
    """Approve what was shown."""
    return await decide(context, _by_token(context, token), "approval", form, f"/approve/{token}")


@router.post("/{token}/refusal")
async def refuse(context: AnyVisitor, token: str, form: PostedForm) -> Response:
    """Refuse it, with a reason for the sender."""
    return await decide(context, _by_token(context, token), "refusal", form, f"/approve/{token}")


def _by_token(context: RequestContext, token: str) -> DecisionCalls:
    api = context.api
    return DecisionCalls(partial(api.approval_request, token), partial(api.approve, token), partial(api.refuse, token))


async def decide(context: RequestContext, calls: DecisionCalls, outcome: str, form: Form, page: str) -> Response:
    """Decide about the snapshot that the form names; then show the decision, whoever made it."""
    reason = form["reason"].strip()
    if outcome == "refusal" and not reason:
        return decision_page(context, await calls.show(), page, status=422, error="reason")
    try:
        await (calls.refuse(form["digest"], reason) if outcome == "refusal" else calls.approve(form["digest"]))
    except Problem as problem:
        if problem.slug == "malformed-request" and outcome == "refusal":
            return decision_page(context, await calls.show(), page, 422, "reason-length", reason)
        if problem.slug not in SHOW_AGAIN:
            raise
        return decision_page(context, await calls.show(), page, 409, problem.slug, reason)
    return context.redirect(page)


def decision_page(
    context: RequestContext, decision: DecisionSchema, page: str, status: int = 200, error: str = "", reason: str = ""
) -> Response:
    """Show a transfer with its decision, pending or made."""
    return context.render(
        "approve/decision.html", status, decision=decision, page=page, error=error, reason=reason, page_path=page
    )
