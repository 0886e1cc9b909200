"""Approval of the transfers that external senders address to external recipients: list them, read one, decide.

An approver decides with a session, or with the token of the link in their mail.
"""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from services.contracts.values import Person
from services.kit.authentication import SESSION_REFUSALS, Caller
from services.kit.documents import Document
from services.kit.pagination import Page, PageParameters
from services.kit.refusals import Forbidden, NotFound, refuses
from services.kit.service import get_deps
from services.kit.text import clean_lines
from services.propagation.approval_snapshot import ApprovalSnapshot, SnapshotSender
from services.propagation.deps import Deps
from services.propagation.domain import Propagation, RecordedDecision, StateName, approve, refuse
from services.propagation.refusals import UNDECIDABLE


def no_store(response: Response) -> None:
    """Forbid caching, because responses are personal and can change at any time."""
    response.headers["Cache-Control"] = "no-store"


router = APIRouter(prefix="/api/propagation", tags=["propagation"], dependencies=[Depends(no_store)])
Wired = Annotated[Deps, Depends(get_deps)]
MAX_REASON_LENGTH = 1_000
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class AgentsOnly(Forbidden):
    """Only agents decide."""

    title_fr = "Seuls les agents décident."


def _clean_reason(raw: str) -> str:
    """Return the reason in visible lines; raise `ValueError` if nothing is left."""
    reason = clean_lines(raw, MAX_REASON_LENGTH).strip()
    if not reason:
        raise ValueError("a reason in words is needed")
    return reason


class ApprovalForm(BaseModel):
    """`digest` is that of the snapshot that the approver has read."""

    digest: Digest


class RefusalForm(ApprovalForm):
    """A refusal; its reason is mailed to the sender."""

    reason: Annotated[str, Field(min_length=1, max_length=MAX_REASON_LENGTH), AfterValidator(_clean_reason)]


class DecisionResponse(BaseModel):
    """A transfer and the state of its decision; only its approvers get the snapshot's `digest`."""

    state: StateName
    decide_by: datetime | None = Field(description="Null unless a decision is waited for.")
    decided: RecordedDecision | None = Field(description="The decision that an approver took; null if none was.")
    may_decide: bool = Field(description="Whether the caller may decide now.")
    approvers: tuple[str, ...] = Field(description="The addresses of the agents who may decide.")
    snapshot: ApprovalSnapshot


class PendingTransfer(BaseModel):
    """A transfer that waits for a decision, as a list item; `/transfers/{transfer}` has all of it."""

    transfer: str = Field(description="Its id.")
    sender: SnapshotSender
    subject: str
    files: int = Field(description="How many.")
    total_bytes: int = Field(description="Of all files.")
    submitted_at: datetime
    decide_by: datetime


@router.get("/approvals/{token}")
@refuses(NotFound)
async def show_approval(deps: Wired, token: str) -> DecisionResponse:
    """Return what is to be decided; this changes nothing (R24)."""
    propagation, address = await deps.propagations.find_by_token(token)
    return _decision_response(propagation, address)


@router.post("/approvals/{token}/approval")
@refuses(NotFound, *UNDECIDABLE)
async def approve_by_token(deps: Wired, token: str, form: ApprovalForm) -> DecisionResponse:
    """Approve the snapshot, by the link in the mail."""
    propagation, address = await deps.propagations.find_by_token(token)
    return await _approve(deps, propagation.id, Person(address=address), form)


@router.post("/approvals/{token}/refusal")
@refuses(NotFound, *UNDECIDABLE)
async def refuse_by_token(deps: Wired, token: str, form: RefusalForm) -> DecisionResponse:
    """Refuse the snapshot, by the link in the mail."""
    propagation, address = await deps.propagations.find_by_token(token)
    return await _refuse(deps, propagation.id, Person(address=address), form)


@router.get("/pending")
@refuses(*SESSION_REFUSALS, AgentsOnly)
async def show_pending(deps: Wired, request: Request, page_request: PageParameters) -> Page[PendingTransfer]:
    """List the transfers that the calling agent may decide, the most urgent first."""
    caller = await _agent(deps, request)
    return await deps.propagations.pending_for(caller.address, page_request, _pending_transfer)


@router.post("/transfers/{transfer}/approval")
@refuses(*SESSION_REFUSALS, AgentsOnly, NotFound, *UNDECIDABLE)
async def approve_by_session(deps: Wired, request: Request, transfer: str, form: ApprovalForm) -> DecisionResponse:
    """Approve the snapshot, with a session."""
    return await _approve(deps, transfer, await _approver(deps, request, transfer), form)


@router.post("/transfers/{transfer}/refusal")
@refuses(*SESSION_REFUSALS, AgentsOnly, NotFound, *UNDECIDABLE)
async def refuse_by_session(deps: Wired, request: Request, transfer: str, form: RefusalForm) -> DecisionResponse:
    """Refuse the snapshot, with a session."""
    return await _refuse(deps, transfer, await _approver(deps, request, transfer), form)


@router.get("/transfers/{transfer}")
@refuses(*SESSION_REFUSALS, NotFound)
async def show_transfer(deps: Wired, request: Request, transfer: str) -> DecisionResponse:
    """Return the state of the decision to the sender and to the agents among the recipients."""
    caller = await deps.authenticator.authenticate(request)
    propagation = await deps.propagations.all.get(transfer)
    if not _may_see(propagation, caller):
        raise NotFound()
    return _decision_response(propagation, caller.address)


async def _approve(deps: Deps, transfer: str, by: Person, form: ApprovalForm) -> DecisionResponse:
    after = await deps.propagations.all.update(transfer, lambda state, now: approve(state, by, form.digest, now))
    return _decision_response(after, by.address)


async def _refuse(deps: Deps, transfer: str, by: Person, form: RefusalForm) -> DecisionResponse:
    after = await deps.propagations.all.update(
        transfer, lambda state, now: refuse(state, by, form.digest, form.reason, now)
    )
    return _decision_response(after, by.address)


async def _agent(deps: Deps, request: Request) -> Caller:
    caller = await deps.authenticator.authenticate(request)
    if caller.role != "agent":
        raise AgentsOnly()
    return caller


async def _approver(deps: Deps, request: Request, transfer: str) -> Person:
    """Return the calling agent if they are an approver of this transfer; otherwise raise `NotFound` (R22)."""
    caller = await _agent(deps, request)
    propagation = await deps.propagations.all.get(transfer)
    if not _is_approver(propagation, caller.address):
        raise NotFound()
    return Person(address=caller.address, name=caller.name)


def _is_approver(propagation: Propagation, address: str) -> bool:
    return any(one.address == address for one in propagation.approvers)


def _may_see(propagation: Propagation, caller: Caller) -> bool:
    parcel = propagation.parcel_or_refuse()
    unrevoked = (one for one in parcel.recipients if one.address not in propagation.revoked)
    is_agent_recipient = any(one.address == caller.address and one.role == "agent" for one in unrevoked)
    return caller.address == parcel.sender.address or (is_agent_recipient and caller.role == "agent")


def _pending_transfer(document: Document) -> PendingTransfer:
    parcel = document["parcel"]
    sender = parcel["sender"]
    return PendingTransfer(
        transfer=document["_id"],
        sender=SnapshotSender(address=sender["address"], role=parcel["sender_role"], declared_name=sender["name"]),
        subject=parcel["subject"],
        files=document["files"],
        total_bytes=document["total_bytes"],
        submitted_at=parcel["submitted_at"],
        decide_by=document["decide_by"],
    )


def _decision_response(propagation: Propagation, reader: str) -> DecisionResponse:
    """Show `bcc` recipients to the sender, to the approvers, and each to themselves."""
    snapshot = propagation.approval_snapshot()
    is_approver = _is_approver(propagation, reader)
    if not is_approver and reader != propagation.parcel_or_refuse().sender.address:
        visible = tuple(one for one in snapshot.recipients if one.field != "bcc" or one.address == reader)
        snapshot = snapshot.model_copy(update={"recipients": visible})
    if not is_approver:
        snapshot = snapshot.model_copy(update={"digest": ""})
    return DecisionResponse(
        state=propagation.state,
        decide_by=propagation.decide_by,
        decided=propagation.decided,
        may_decide=is_approver and propagation.state == "waiting",
        approvers=tuple(one.address for one in propagation.approvers),
        snapshot=snapshot,
    )
