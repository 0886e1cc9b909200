"""The decision of an agent with a session: the same as by the link in a mail."""

import uuid

from fastapi import APIRouter
from fastapi.responses import Response

from portal.forms import Posted
from portal.pages.approve import decide, decision_page
from portal.visits import Member

router = APIRouter(prefix="/pending")


@router.get("/{transfer}")
async def show(visit: Member, transfer: uuid.UUID) -> Response:
    """Who writes, to whom, what."""
    return decision_page(visit, await visit.ask.to_decide("transfers", str(transfer)), f"/pending/{transfer}")


@router.post("/{transfer}/approval")
async def approve(visit: Member, transfer: uuid.UUID, form: Posted) -> Response:
    """Vouch for what was shown."""
    return await decide(visit, ("transfers", str(transfer)), "approval", form, f"/pending/{transfer}")


@router.post("/{transfer}/refusal")
async def refuse(visit: Member, transfer: uuid.UUID, form: Posted) -> Response:
    """Refuse it, with a reason for the sender."""
    return await decide(visit, ("transfers", str(transfer)), "refusal", form, f"/pending/{transfer}")
