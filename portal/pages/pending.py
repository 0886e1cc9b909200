"""The decision of an agent with a session; the same as by the link in a mail."""

import uuid

from fastapi import APIRouter
from fastapi.responses import Response

from portal.forms import PostedForm
from portal.pages.approve import decide, decision_page
from portal.request_context import SignedIn

router = APIRouter(prefix="/pending")


@router.get("/{transfer}")
async def show(context: SignedIn, transfer: uuid.UUID) -> Response:
    """Show sender, recipients and content."""
    return decision_page(context, await context.api.decision("transfers", str(transfer)), f"/pending/{transfer}")


@router.post("/{transfer}/approval")
async def approve(context: SignedIn, transfer: uuid.UUID, form: PostedForm) -> Response:
    """Approve what was shown."""
    return await decide(context, ("transfers", str(transfer)), "approval", form, f"/pending/{transfer}")


@router.post("/{transfer}/refusal")
async def refuse(context: SignedIn, transfer: uuid.UUID, form: PostedForm) -> Response:
    """Refuse it, with a reason for the sender."""
    return await decide(context, ("transfers", str(transfer)), "refusal", form, f"/pending/{transfer}")
