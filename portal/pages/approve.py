"""The decision by the link in a mail: opening the page changes nothing, its two buttons decide."""

from fastapi import APIRouter
from fastapi.responses import Response

from portal.api_schemas import DecisionSchema
from portal.forms import Form, PostedForm
from portal.gateway import ApiProblem
from portal.request_context import AnyVisitor, RequestContext

router = APIRouter(prefix="/approve")
SHOW_AGAIN = ("already-decided", "approval-snapshot-stale")


@router.get("/{token}")
async def show(context: AnyVisitor, token: str) -> Response:
    """Show sender, recipients and content; change nothing."""
    return decision_page(context, await context.api.decision("approvals", token), f"/approve/{token}")


@router.post("/{token}/approval")
async def approve(context: AnyVisitor, token: str, form: PostedForm) -> Response:
    """Approve what was shown."""
    return await decide(context, ("approvals", token), "approval", form, f"/approve/{token}")


@router.post("/{token}/refusal")
async def refuse(context: AnyVisitor, token: str, form: PostedForm) -> Response:
    """Refuse it, with a reason for the sender."""
    return await decide(context, ("approvals", token), "refusal", form, f"/approve/{token}")


async def decide(context: RequestContext, path: tuple[str, str], outcome: str, form: Form, page: str) -> Response:
    """Decide about the snapshot that the form names; then show the decision, whoever made it."""
    reason = form["reason"].strip()
    if outcome == "refusal" and not reason:
        return decision_page(context, await context.api.decision(*path), page, status=422, error="reason")
    body = {"digest": form["digest"]} | ({"reason": reason} if outcome == "refusal" else {})
    try:
        await context.api.decide(*path, outcome=outcome, body=body)
    except ApiProblem as problem:
        if problem.slug == "malformed-request" and outcome == "refusal":
            return decision_page(context, await context.api.decision(*path), page, 422, "reason-length", reason)
        if problem.slug not in SHOW_AGAIN:
            raise
        return decision_page(context, await context.api.decision(*path), page, 409, problem.slug, reason)
    return context.redirect(page)


def decision_page(
    context: RequestContext, decision: DecisionSchema, page: str, status: int = 200, error: str = "", reason: str = ""
) -> Response:
    """Show a transfer with its decision, pending or made."""
    return context.render(
        "approve/decision.html", status, decision=decision, page=page, error=error, reason=reason, page_path=page
    )
