"""What a sender can change after sending: one form per action, with a confirmation for what cannot be undone."""

import uuid
from collections.abc import Awaitable

from fastapi import APIRouter
from fastapi.responses import Response

from client.errors import Problem
from client.request import Result
from portal.formatting import days_from
from portal.forms import PostedForm
from portal.request_context import SignedIn
from services.kit.refusals import BadRequest, NotFound

router = APIRouter(prefix="/tracking/{transfer}")
NOT_FOUND = 404


@router.get("/delete")
async def confirm_delete(context: SignedIn, transfer: uuid.UUID) -> Response:
    """Ask for confirmation."""
    return context.render("transfers/delete.html", transfer=await context.api.sent_transfer(str(transfer)))


@router.post("/delete")
async def withdraw(context: SignedIn, transfer: uuid.UUID, form: PostedForm) -> Response:  # noqa: ARG001
    """Delete the transfer: every link stops working, its files are removed."""
    await context.api.withdraw(str(transfer))
    return context.redirect(f"/tracking/{transfer}")


@router.post("/reopen")
async def reopen(context: SignedIn, transfer: uuid.UUID, form: PostedForm) -> Response:
    """Let one recipient download a suspended file again."""
    await context.api.reopen(str(transfer), form["address"], form["file"])
    return context.redirect(f"/tracking/{transfer}#recipients")


@router.get("/revoke/{number}")
async def confirm_revoke(context: SignedIn, transfer: uuid.UUID, number: int) -> Response:
    """Ask for confirmation; the recipient is named by their position, so that no mail address is in a URL."""
    sent, tracking = await context.api.sent_transfer(str(transfer)), await known(context.api.tracking(str(transfer)))
    if tracking is None or not 1 <= number <= len(tracking.recipients):
        raise NotFound()
    return context.render("transfers/revoke.html", transfer=sent, recipient=tracking.recipients[number - 1])


@router.post("/revoke")
async def revoke(context: SignedIn, transfer: uuid.UUID, form: PostedForm) -> Response:
    """Revoke one recipient: their link stops working."""
    await context.api.revoke(str(transfer), form["address"])
    return context.redirect(f"/tracking/{transfer}?done=revoked")


@router.post("/resend")
async def resend(context: SignedIn, transfer: uuid.UUID, form: PostedForm) -> Response:
    """Send the mail with the link again; the form has the id of the request, so that a double click sends one."""
    await context.api.resend(str(transfer), _valid_id(form["id"]), form["address"])
    return context.redirect(f"/tracking/{transfer}?done=resent")


@router.post("/remind")
async def remind(context: SignedIn, transfer: uuid.UUID, form: PostedForm) -> Response:
    """Remind one recipient, or all who have not downloaded everything."""
    found = await context.api.remind(str(transfer), _valid_id(form["id"]), form["address"] or None)
    return context.redirect(f"/tracking/{transfer}?done=reminded&n={len(found.reminded)}")


@router.get("/extend")
async def choose_validity(context: SignedIn, transfer: uuid.UUID) -> Response:
    """Show the later ends that can be chosen."""
    sent, limits = await context.api.sent_transfer(str(transfer)), await context.api.limits()
    days = range(sent.validity_days + 1, limits.validity_days.longest + 1)
    ends = [(more, days_from(sent.submitted_at, more)) for more in days] if sent.state != "closed" else []
    return context.render("transfers/extend.html", transfer=sent, ends=ends)


@router.post("/extend")
async def extend(context: SignedIn, transfer: uuid.UUID, form: PostedForm) -> Response:
    """Give the transfer a later end."""
    if not form["days"].isdecimal() or len(form["days"]) > 4:
        raise BadRequest()
    await context.api.extend(str(transfer), int(form["days"]))
    return context.redirect(f"/tracking/{transfer}?done=extended")


async def known(call: Awaitable[Result]) -> Result | None:
    """Return what a service knows of a transfer; none until it has handled the event that announces it."""
    try:
        return await call
    except Problem as problem:
        if problem.status == NOT_FOUND:
            return None
        raise


def new_id() -> str:
    """Return the id of an action that a form may request."""
    return str(uuid.uuid4())


def _valid_id(id: str) -> str:
    try:
        return str(uuid.UUID(id))
    except ValueError:
        raise BadRequest() from None
