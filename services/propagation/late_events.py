"""The rules for events that come early, late or repeatedly; their order does not change the final state."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.contracts.propagation import ApproverInvitation
from services.contracts.values import Parcel
from services.kit.aggregate import Decision
from services.propagation.domain import Approver, Propagation, begin, redacted


def apply_submission(
    state: Propagation,
    parcel: Parcel,
    invitations: Sequence[tuple[ApproverInvitation, Approver]],
    decision_period: timedelta,
    retention: timedelta,
) -> Decision[Propagation]:
    """Apply a submission to a tombstone; one that has ended releases nothing, and a repetition changes nothing."""
    if state.parcel is not None:
        return state, []
    if state.extended_to is not None and state.extended_to > parcel.ends_at:
        parcel = parcel.model_copy(update={"ends_at": state.extended_to})
    if state.state == "waiting":
        begun, events = begin(parcel, invitations, decision_period, retention)
        begun = begun.evolve(version=state.version, extended_to=state.extended_to, revoked=state.revoked)
        return _without_revoked(begun), events
    approvers = tuple(approver for _, approver in invitations)
    after = state.evolve(parcel=redacted(parcel), approvers=approvers, forget_at=parcel.ends_at + retention)
    return _without_revoked(after), []


def extend(
    state: Propagation, ends_at: datetime, decision_period: timedelta, retention: timedelta
) -> Decision[Propagation]:
    """Move the end of the transfer to a later date, and `decide_by` if the former end had cut it short."""
    if state.extended_to is not None and state.extended_to >= ends_at:
        return state, []
    after, parcel = state.evolve(extended_to=ends_at), state.parcel
    if parcel is None or parcel.ends_at >= ends_at:
        return after, []
    parcel = parcel.model_copy(update={"ends_at": ends_at})
    decide_by = min(parcel.submitted_at + decision_period, ends_at) if state.decide_by else None
    return after.evolve(parcel=parcel, decide_by=decide_by, forget_at=ends_at + retention), []


def revoke(state: Propagation, address: str) -> Decision[Propagation]:
    """Release nothing to this recipient and remove them from the approvers."""
    if address in state.revoked:
        return state, []
    return _without_revoked(state.evolve(revoked=tuple(sorted((*state.revoked, address))))), []


def _without_revoked(state: Propagation) -> Propagation:
    """Remove revoked approvers; close an open decision if no external recipient is left."""
    state = state.evolve(approvers=tuple(one for one in state.approvers if one.address not in state.revoked))
    if state.state != "waiting" or state.parcel is None or state.unrevoked_external_recipients():
        return state
    return state.evolve(state="released", decide_by=None)
