"""What can a person ask of propagation? To see what waits, and to approve or refuse it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from services.contracts.values import Person
from services.kit.authentication import Caller
from services.kit.documents import Document
from services.kit.pagination import Page, PageParameters
from services.kit.refusals import Forbidden, NotFound
from services.kit.service import get_deps
from services.kit.text import normalise
from services.kit.visible import strip_invisible
from services.propagation.deps import Deps
from services.propagation.domain import Decided, Propagation, StateName, approve, refuse
from services.propagation.shown import Shown, ShownSender


def unstored(response: Response) -> None:
    """What is shown here belongs to one person and to this moment."""
    response.headers["Cache-Control"] = "no-store"


router = APIRouter(prefix="/api/propagation", tags=["propagation"], dependencies=[Depends(unstored)])
Wired = Annotated[Deps, Depends(get_deps)]
LONGEST_REASON = 1_000
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class AgentsOnly(Forbidden):
    """Only agents decide."""

    title_fr = "Seuls les agents décident."


def _plain(raw: str) -> str:
    """Words and line ends; no control, format or direction characters (a name or a header could be forged with)."""
    lines = "\n".join(raw.splitlines())
    kept = normalise(strip_invisible(lines, ("Cc", "Cf", "Cs", "Co"), keeping="\n"), LONGEST_REASON)
    if not kept.strip():
        raise ValueError("a reason in words is needed")
    return kept.strip()


class ApprovalForm(BaseModel):
    """`digest` as it was given with what was shown."""

    digest: Digest


class RefusalForm(ApprovalForm):
    """The reason is mailed to the sender."""

    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_REASON), AfterValidator(_plain)]


class Card(BaseModel):
    """A transfer and where its decision stands; `digest` is there for those who may decide."""

    state: StateName
    decide_by: datetime | None
    decided: Decided | None
    may_decide: bool
    approvers: tuple[str, ...]
    shown: Shown


class PendingSummary(BaseModel):
    """A transfer that waits for a decision, in a list; the whole of it is at `/transfers/{transfer}`."""

    transfer: str
    sender: ShownSender
    subject: str
    files: int
    total_bytes: int
    submitted_at: datetime
    decide_by: datetime


@router.get("/approvals/{token}")
async def show_approval(deps: Wired, token: str) -> Card:
    """What is to be decided; looking costs nothing and changes nothing (R24)."""
    propagation, address = await deps.propagations.opened_by(token)
    return _card(propagation, address)


@router.post("/approvals/{token}/approval")
async def approve_by_token(deps: Wired, token: str, form: ApprovalForm) -> Card:
    """Vouch for what was shown, by the link in the mail."""
    propagation, address = await deps.propagations.opened_by(token)
    return await _approve(deps, propagation.id, Person(address=address), form)


@router.post("/approvals/{token}/refusal")
async def refuse_by_token(deps: Wired, token: str, form: RefusalForm) -> Card:
    """Refuse what was shown, by the link in the mail."""
    propagation, address = await deps.propagations.opened_by(token)
    return await _refuse(deps, propagation.id, Person(address=address), form)


@router.get("/pending")
async def show_pending(deps: Wired, request: Request, page_request: PageParameters) -> Page[PendingSummary]:
    """What waits for the agent who asks, the most urgent first."""
    caller = await _agent(deps, request)
    return await deps.propagations.waiting_for(caller.address, page_request, _summary)


@router.post("/transfers/{transfer}/approval")
async def approve_by_session(deps: Wired, request: Request, transfer: str, form: ApprovalForm) -> Card:
    """Vouch for what was shown, with a session."""
    return await _approve(deps, transfer, await _approver(deps, request, transfer), form)


@router.post("/transfers/{transfer}/refusal")
async def refuse_by_session(deps: Wired, request: Request, transfer: str, form: RefusalForm) -> Card:
    """Refuse what was shown, with a session."""
    return await _refuse(deps, transfer, await _approver(deps, request, transfer), form)


@router.get("/transfers/{transfer}")
async def show_transfer(deps: Wired, request: Request, transfer: str) -> Card:
    """Where the decision stands: for the sender, and for the agents among the recipients."""
    caller = await deps.authenticator.authenticate(request)
    propagation = await deps.propagations.all.get(transfer)
    if not _may_see(propagation, caller):
        raise NotFound()
    return _card(propagation, caller.address)


async def _approve(deps: Deps, transfer: str, by: Person, form: ApprovalForm) -> Card:
    after = await deps.propagations.all.update(transfer, lambda there, now: approve(there, by, form.digest, now))
    return _card(after, by.address)


async def _refuse(deps: Deps, transfer: str, by: Person, form: RefusalForm) -> Card:
    after = await deps.propagations.all.update(
        transfer, lambda there, now: refuse(there, by, form.digest, form.reason, now)
    )
    return _card(after, by.address)


async def _agent(deps: Deps, request: Request) -> Caller:
    caller = await deps.authenticator.authenticate(request)
    if caller.role != "agent":
        raise AgentsOnly()
    return caller


async def _approver(deps: Deps, request: Request, transfer: str) -> Person:
    """The agent who asks, if this very transfer invited them; to anybody else it does not exist (R22)."""
    caller = await _agent(deps, request)
    propagation = await deps.propagations.all.get(transfer)
    if not _invited(propagation, caller.address):
        raise NotFound()
    return Person(address=caller.address, name=caller.name)


def _invited(propagation: Propagation, address: str) -> bool:
    return any(one.address == address for one in propagation.invited)


def _may_see(propagation: Propagation, caller: Caller) -> bool:
    parcel = propagation.sent()
    kept = (one for one in parcel.recipients if one.address not in propagation.revoked)
    among = any(one.address == caller.address and one.role == "agent" for one in kept)
    return caller.address == parcel.sender.address or (among and caller.role == "agent")


def _summary(document: Document) -> PendingSummary:
    parcel = document["parcel"]
    sender = parcel["sender"]
    return PendingSummary(
        transfer=document["_id"],
        sender=ShownSender(address=sender["address"], role=parcel["sender_role"], declared_name=sender["name"]),
        subject=parcel["subject"],
        files=document["files"],
        total_bytes=document["total_bytes"],
        submitted_at=parcel["submitted_at"],
        decide_by=document["decide_by"],
    )


def _card(propagation: Propagation, reader: str) -> Card:
    """The hidden recipients are shown to the sender and to those who decide, and each to themselves."""
    page = propagation.shown()
    invited = _invited(propagation, reader)
    if not invited and reader != propagation.sent().sender.address:
        strip_invisible = tuple(one for one in page.recipients if one.field != "bcc" or one.address == reader)
        page = page.model_copy(update={"recipients": strip_invisible})
    if not invited:
        page = page.model_copy(update={"digest": ""})
    return Card(
        state=propagation.state,
        decide_by=propagation.decide_by,
        decided=propagation.decided,
        may_decide=invited and propagation.state == "waiting",
        approvers=tuple(one.address for one in propagation.invited),
        shown=page,
    )
