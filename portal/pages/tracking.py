"""Where is what I sent? The cards of three services side by side, and what its sender may do."""

import asyncio
import uuid

from fastapi import APIRouter
from fastapi.responses import Response

from portal.forms import Posted
from portal.visits import Member

router = APIRouter()


@router.get("/transfers")
async def transfers(visit: Member) -> Response:
    """Everything that one has sent, the latest first."""
    return visit.show("transfers/list.html", transfers=await visit.ask.transfers())


@router.get("/tracking/{transfer}")
async def track(visit: Member, transfer: uuid.UUID) -> Response:
    """The timeline, and each recipient below."""
    id = str(transfer)
    sent, decision, counter = await asyncio.gather(
        visit.ask.transfer(id), visit.ask.decision(id), visit.ask.tracking(id)
    )
    return visit.show("transfers/tracking.html", transfer=sent, decision=decision, counter=counter)


@router.get("/tracking/{transfer}/delete")
async def ask_before(visit: Member, transfer: uuid.UUID) -> Response:
    """Is it really to go?"""
    return visit.show("transfers/delete.html", transfer=await visit.ask.transfer(str(transfer)))


@router.post("/tracking/{transfer}/delete")
async def withdraw(visit: Member, transfer: uuid.UUID, form: Posted) -> Response:  # noqa: ARG001
    """Every link dies, the bytes go."""
    await visit.ask.withdraw(str(transfer))
    return visit.go(f"/tracking/{transfer}")


@router.post("/tracking/{transfer}/reopen")
async def reopen(visit: Member, transfer: uuid.UUID, form: Posted) -> Response:
    """A file that was suspended on one recipient's link can be downloaded again."""
    await visit.ask.reopen(str(transfer), form["address"], form["file"])
    return visit.go(f"/tracking/{transfer}#recipients")
