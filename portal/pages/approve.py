"""The decision by the link in the mail: the page shows everything and changes nothing; two buttons decide."""

from fastapi import APIRouter
from fastapi.responses import Response

from portal.cards import Decision
from portal.forms import Form, Posted
from portal.gateway import Refused
from portal.visits import Visit, Visited

router = APIRouter(prefix="/approve")
TO_READ_AGAIN = ("already-decided", "approval-snapshot-stale")


@router.get("/{token}")
async def show(visit: Visited, token: str) -> Response:
    """Who writes, to whom, what; looking costs nothing."""
    return decision_page(visit, await visit.ask.to_decide("approvals", token), f"/approve/{token}")


@router.post("/{token}/approval")
async def approve(visit: Visited, token: str, form: Posted) -> Response:
    """Vouch for what was shown."""
    return await decide(visit, ("approvals", token), "approval", form, f"/approve/{token}")


@router.post("/{token}/refusal")
async def refuse(visit: Visited, token: str, form: Posted) -> Response:
    """Refuse it, with a reason for the sender."""
    return await decide(visit, ("approvals", token), "refusal", form, f"/approve/{token}")


async def decide(visit: Visit, place: tuple[str, str], outcome: str, form: Form, page: str) -> Response:
    """Decide on what the form says was shown; back to the page, which tells what was decided, by whoever it was."""
    reason = form["reason"].strip()
    if outcome == "refusal" and not reason:
        return decision_page(visit, await visit.ask.to_decide(*place), page, status=422, error="reason")
    body = {"digest": form["digest"]} | ({"reason": reason} if outcome == "refusal" else {})
    try:
        await visit.ask.decide(*place, outcome=outcome, body=body)
    except Refused as refused:
        if refused.slug == "malformed-request" and outcome == "refusal":
            return decision_page(visit, await visit.ask.to_decide(*place), page, 422, "reason-length", reason)
        if refused.slug not in TO_READ_AGAIN:
            raise
        return decision_page(visit, await visit.ask.to_decide(*place), page, 409, refused.slug, reason)
    return visit.go(page)


def decision_page(
    visit: Visit, decision: Decision, page: str, status: int = 200, error: str = "", reason: str = ""
) -> Response:
    """What is to be decided, or what was."""
    return visit.show(
        "approve/decision.html", status, decision=decision, page=page, error=error, reason=reason, here=page
    )
