"""The decision of an agent with a session; the same as by the link in a mail."""

import uuid
from functools import partial

from fastapi import APIRouter
from fastapi.responses import Response

from portal.forms import PostedForm
from portal.pages.approve import DecisionCalls, decide, decision_page
from portal.request_context import RequestContext, SignedIn

router = APIRouter(prefix="/pending")


@router.get("/{transfer}")
async def show(context: SignedIn, transfer: uuid.UUID) -> Response:
    """Show sender, recipients and content."""
    return decision_page(context, await context.api.decision(str(transfer)), f"/pending/{transfer}")


@router.post("/{transfer}/approval")
async def approve(context: SignedIn, transfer: uuid.UUID, form: PostedForm) -> Response:
    """Approve what was shown."""
    return await decide(context, _by_session(context, str(transfer)), "approval", form, f"/pending/{transfer}")


@router.post("/{transfer}/refusal")
async def refuse(context: SignedIn, transfer: uuid.UUID, form: PostedForm) -> Response:
    """Refuse it, with a reason for the sender."""
    return await decide(context, _by_session(context, str(transfer)), "refusal", form, f"/pending/{transfer}")


def _by_session(context: RequestContext, transfer: str) -> DecisionCalls:
    api = context.api
    return DecisionCalls(
        partial(api.decision, transfer), partial(api.approve_transfer, transfer), partial(api.refuse_transfer, transfer)
    )
