"""The rules of approval: what is released to whom, who decides, and the events of each decision (R19-R24)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from services.contracts.propagation import (
    ApprovalLapsed,
    ApprovalRequested,
    ApproverInvitation,
    TransferRefused,
    TransferReleased,
)
from services.contracts.values import FileSummary, Parcel, Person, Recipient
from services.kit.addresses import mailbox_of
from services.kit.aggregate import Aggregate, Decision
from services.kit.events import Event, Value
from services.kit.refusals import NotFound
from services.propagation.approval_snapshot import ApprovalSnapshot, snapshot_of
from services.propagation.refusals import (
    AlreadyDecided,
    ApprovalAlreadyLapsed,
    ApprovalSnapshotStale,
    ExternalRecipientsRevoked,
    TransferAlreadyQuarantined,
    TransferAlreadyWithdrawn,
)

StateName = Literal["waiting", "released", "approved", "refused", "lapsed", "withdrawn", "quarantined"]
Outcome = Literal["approved", "refused"]
ENDED_STATES: tuple[StateName, ...] = ("refused", "lapsed", "withdrawn")
EXTENSION_GRACE = timedelta(seconds=30)
STOPPED_STATES: tuple[StateName, ...] = ("withdrawn", "quarantined")


class Approver(Value):
    """An approver of one transfer; only the keyed hash of the token in their mail is stored."""

    address: str
    token_hash: str


class RecordedDecision(Value):
    """The decision of an approver and its time; `reason` is empty for an approval."""

    outcome: Outcome
    by: Person
    at: datetime
    reason: str = ""


class Propagation(Aggregate):
    """One transfer and the decision about it; its id is the transfer's.

    Without a parcel it is a tombstone: another event came before the submission. `decide_by` is set only while the
    decision is open, `forget_at` once the transfer is known. `revoked` are the addresses of revoked recipients:
    nothing is released to them, and they are no longer approvers.
    """

    state: StateName
    parcel: Parcel | None = None
    approvers: tuple[Approver, ...] = ()
    decided: RecordedDecision | None = None
    decide_by: datetime | None = None
    forget_at: datetime | None = None
    extended_to: datetime | None = None
    revoked: tuple[str, ...] = ()

    def parcel_or_refuse(self) -> Parcel:
        """Return the transfer; raise `NotFound` for a tombstone."""
        if self.parcel is None:
            raise NotFound()
        return self.parcel

    def approval_snapshot(self) -> ApprovalSnapshot:
        """Return what an approver decides about, without the revoked recipients, and its digest."""
        parcel = self.parcel_or_refuse()
        return snapshot_of(parcel.model_copy(update={"recipients": self._unrevoked(parcel.recipients)}))

    def unrevoked_external_recipients(self) -> tuple[Recipient, ...]:
        """Return the external recipients who were not revoked."""
        return self._unrevoked(external_recipients(self.parcel_or_refuse()))

    def _unrevoked(self, recipients: tuple[Recipient, ...]) -> tuple[Recipient, ...]:
        return tuple(one for one in recipients if one.address not in self.revoked)


def needs_approval(parcel: Parcel) -> bool:
    """Return whether an external sender writes to an external recipient."""
    return parcel.sender_role != "agent" and bool(external_recipients(parcel))


def external_recipients(parcel: Parcel) -> tuple[Recipient, ...]:
    """Return the recipients who are not known to be agents."""
    return tuple(recipient for recipient in parcel.recipients if recipient.role != "agent")


def agent_recipients(parcel: Parcel) -> tuple[Recipient, ...]:
    """Return the agents among the recipients."""
    return tuple(recipient for recipient in parcel.recipients if recipient.role == "agent")


def eligible_approvers(parcel: Parcel) -> tuple[str, ...]:
    """Return the addresses of the agents among the recipients, without aliases of the sender's mailbox (R22)."""
    sender = mailbox_of(parcel.sender.address)
    return tuple(dict.fromkeys(one.address for one in agent_recipients(parcel) if mailbox_of(one.address) != sender))


def begin(
    parcel: Parcel,
    invitations: Sequence[tuple[ApproverInvitation, Approver]],
    decision_period: timedelta,
    retention: timedelta,
) -> Decision[Propagation]:
    """Apply a submission: release it to all, or to the agents while an approval is requested.

    `invitations` is empty unless approval is needed. If it is needed and nobody can approve, nothing is released (R19).
    """
    forget_at = parcel.ends_at + retention
    if not needs_approval(parcel):
        state = Propagation(id=parcel.transfer, state="released", parcel=parcel, forget_at=forget_at)
        return state, [_released(state, parcel.recipients, parcel.submitted_at, awaiting=False)]
    decide_by = min(parcel.submitted_at + decision_period, parcel.ends_at)
    state = Propagation(
        id=parcel.transfer,
        state="waiting",
        parcel=parcel,
        approvers=tuple(approver for _, approver in invitations),
        decide_by=decide_by,
        forget_at=forget_at,
    )
    if not invitations:
        return _lapse(state, parcel.submitted_at)
    asked = _approval_requested(parcel, tuple(invitation for invitation, _ in invitations), decide_by)
    return state, [_released(state, agent_recipients(parcel), parcel.submitted_at, awaiting=True), asked]


def tombstone(transfer: str, state: StateName = "waiting") -> Propagation:
    """Return a propagation without a parcel, for an event that came before the submission."""
    return Propagation(id=transfer, state=state)


def approve(state: Propagation, by: Person, digest: str, now: datetime) -> Decision[Propagation]:
    """Release the transfer to its external recipients. Repeating the same decision changes nothing."""
    if _is_own_decision(state, by, "approved"):
        return state, []
    _refuse_unless_open(state, digest, now)
    after = state.evolve(state="approved", decided=RecordedDecision(outcome="approved", by=by, at=now), decide_by=None)
    return after, [_released(after, after.unrevoked_external_recipients(), now, awaiting=False)]


def refuse(state: Propagation, by: Person, digest: str, reason: str, now: datetime) -> Decision[Propagation]:
    """End the transfer; all links become invalid. Repeating the same decision changes nothing."""
    if _is_own_decision(state, by, "refused"):
        return state, []
    _refuse_unless_open(state, digest, now)
    decided = RecordedDecision(outcome="refused", by=by, at=now, reason=reason)
    reference, asked = state.parcel_or_refuse().reference(), _approver_fields(state)
    event = TransferRefused(reference=reference, refused_by=by, reason=reason, refused_at=now, **asked)
    return _closed(state, "refused").evolve(decided=decided), [event]


def lapse(state: Propagation, now: datetime) -> Decision[Propagation]:
    """End the transfer if its decision is open and overdue; otherwise change nothing.

    If the decision is due at the end of the transfer, wait `EXTENSION_GRACE` for an extension that is on its way.
    """
    if state.state != "waiting" or state.decide_by is None:
        return state, []
    ends_with_it = state.parcel_or_refuse().ends_at <= state.decide_by
    if now < state.decide_by + (EXTENSION_GRACE if ends_with_it else timedelta(0)):
        return state, []
    return _lapse(state, now)


def withdraw(state: Propagation) -> Decision[Propagation]:
    """Close the decision, because the sender withdrew the transfer; a refused or lapsed one stays so."""
    return (state, []) if state.state in ENDED_STATES else (_closed(state, "withdrawn"), [])


def quarantine(state: Propagation) -> Decision[Propagation]:
    """Close the decision, because a file is not what was declared; a transfer that ended otherwise stays so."""
    return (state, []) if state.state in (*ENDED_STATES, "quarantined") else (_closed(state, "quarantined"), [])


def _is_own_decision(state: Propagation, by: Person, outcome: Outcome) -> bool:
    """Return whether this approver already decided this, as in a retry after a lost response (R2)."""
    decided = state.decided
    own = decided is not None and decided.by.address == by.address and decided.outcome == outcome
    return own and state.state == outcome


def _refuse_unless_open(state: Propagation, digest: str, now: datetime) -> None:
    if state.state in STOPPED_STATES:
        raise TransferAlreadyWithdrawn() if state.state == "withdrawn" else TransferAlreadyQuarantined()
    if state.decided is not None:
        decided = state.decided
        raise AlreadyDecided(outcome=decided.outcome, decided_by=decided.by.address, decided_at=decided.at.isoformat())
    if state.state == "released":
        raise ExternalRecipientsRevoked()
    if state.state != "waiting" or state.decide_by is None or now >= state.decide_by:
        raise ApprovalAlreadyLapsed()
    if digest != state.approval_snapshot().digest:
        raise ApprovalSnapshotStale()


def _lapse(state: Propagation, now: datetime) -> Decision[Propagation]:
    event = ApprovalLapsed(reference=state.parcel_or_refuse().reference(), lapsed_at=now, **_approver_fields(state))
    return _closed(state, "lapsed"), [event]


def _closed(state: Propagation, name: StateName) -> Propagation:
    """Close the decision and redact the parcel."""
    return state.evolve(state=name, decide_by=None, parcel=redacted(state.parcel) if state.parcel else None)


def redacted(parcel: Parcel) -> Parcel:
    """Return the parcel without its text and without the location of its bytes."""
    files = tuple(file.model_copy(update={"parts": (), "object_key": ""}) for file in parcel.files)
    return parcel.model_copy(update={"text": "", "files": files})


def _approver_addresses(state: Propagation) -> tuple[str, ...]:
    return tuple(one.address for one in state.approvers)


def _approver_fields(state: Propagation) -> dict[str, tuple[str, ...]]:
    """Return `approvers` and, for those addresses that were typed with capitals, `spellings`."""
    approvers = _approver_addresses(state)
    typed = (one.mail_to for one in state.parcel_or_refuse().recipients if one.mail_to and one.address in approvers)
    return {"approvers": approvers, "spellings": tuple(typed)}


def _released(state: Propagation, to: tuple[Recipient, ...], now: datetime, *, awaiting: bool) -> Event:
    return TransferReleased(
        parcel=state.parcel_or_refuse(),
        released_to=to,
        awaiting_approval=awaiting,
        approved_by=state.decided.by if state.decided else None,
        approvers=_approver_addresses(state),
        released_at=now,
    )


def _approval_requested(parcel: Parcel, asked: tuple[ApproverInvitation, ...], decide_by: datetime) -> Event:
    return ApprovalRequested(
        reference=parcel.reference(),
        recipients=parcel.recipients,
        text=parcel.text,
        files=tuple(FileSummary(path=file.path, size_bytes=file.size_bytes) for file in parcel.files),
        approvers=asked,
        ends_at=parcel.ends_at,
        decide_by=decide_by,
    )
