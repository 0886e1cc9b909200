"""What may a sender still change? Each action is one form; what cannot be undone asks first."""

import uuid

from fastapi import APIRouter
from fastapi.responses import Response

from portal.forms import Posted
from portal.visits import Member
from portal.words import days_from
from services.kit.refusals import BadRequest, NotFound

router = APIRouter(prefix="/tracking/{transfer}")


@router.get("/delete")
async def ask_before_deleting(visit: Member, transfer: uuid.UUID) -> Response:
    """Is it really to go?"""
    return visit.show("transfers/delete.html", transfer=await visit.ask.transfer(str(transfer)))


@router.post("/delete")
async def withdraw(visit: Member, transfer: uuid.UUID, form: Posted) -> Response:  # noqa: ARG001
    """Every link dies, the bytes go."""
    await visit.ask.withdraw(str(transfer))
    return visit.go(f"/tracking/{transfer}")


@router.post("/reopen")
async def reopen(visit: Member, transfer: uuid.UUID, form: Posted) -> Response:
    """A file that was suspended on one recipient's link can be downloaded again."""
    await visit.ask.reopen(str(transfer), form["address"], form["file"])
    return visit.go(f"/tracking/{transfer}#recipients")


@router.get("/revoke/{number}")
async def ask_before_revoking(visit: Member, transfer: uuid.UUID, number: int) -> Response:
    """Is this one really to have it no more? By their place in the list, so that no address is in an address."""
    sent, counter = await visit.ask.transfer(str(transfer)), await visit.ask.tracking(str(transfer))
    if counter is None or not 1 <= number <= len(counter.recipients):
        raise NotFound()
    return visit.show("transfers/revoke.html", transfer=sent, one=counter.recipients[number - 1])


@router.post("/revoke")
async def revoke(visit: Member, transfer: uuid.UUID, form: Posted) -> Response:
    """One recipient's link dies."""
    await visit.ask.revoke(str(transfer), form["address"])
    return visit.go(f"/tracking/{transfer}?done=revoked")


@router.post("/resend")
async def resend(visit: Member, transfer: uuid.UUID, form: Posted) -> Response:
    """The mail with the link once more; the page named the wish, so that a double click sends one."""
    await visit.ask.resend(str(transfer), _named(form["wish"]), form["address"])
    return visit.go(f"/tracking/{transfer}?done=resent")


@router.post("/remind")
async def remind(visit: Member, transfer: uuid.UUID, form: Posted) -> Response:
    """A reminder for one, or for all who have not everything."""
    count = await visit.ask.remind(str(transfer), _named(form["wish"]), form["address"])
    return visit.go(f"/tracking/{transfer}?done=reminded&n={count}")


@router.get("/extend")
async def choose_end(visit: Member, transfer: uuid.UUID) -> Response:
    """Until when? The days that are left to choose from."""
    sent, limits = await visit.ask.transfer(str(transfer)), await visit.ask.limits()
    days = range(sent.validity_days + 1, limits.validity_days.longest + 1)
    ends = [(more, days_from(sent.submitted_at, more)) for more in days] if sent.state != "closed" else []
    return visit.show("transfers/extend.html", transfer=sent, ends=ends)


@router.post("/extend")
async def extend(visit: Member, transfer: uuid.UUID, form: Posted) -> Response:
    """It can be downloaded for longer."""
    if not form["days"].isdecimal() or len(form["days"]) > 4:
        raise BadRequest()
    await visit.ask.extend(str(transfer), int(form["days"]))
    return visit.go(f"/tracking/{transfer}?done=extended")


def new_id() -> str:
    """A name for a wish that may be made."""
    return str(uuid.uuid4())


def _named(wish: str) -> str:
    try:
        return str(uuid.UUID(wish))
    except ValueError:
        raise BadRequest() from None
