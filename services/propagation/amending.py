"""What was said of a transfer late, early or again, and what does it change? In whatever order it is heard."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.contracts.propagation import ApproverInvitation
from services.contracts.values import Parcel
from services.kit.aggregate import Decision
from services.propagation.domain import Invited, Propagation, begin, emptied


def learn(
    state: Propagation,
    parcel: Parcel,
    invited: Sequence[tuple[ApproverInvitation, Invited]],
    open_for: timedelta,
    keep_for: timedelta,
) -> Decision[Propagation]:
    """A submission heard again changes nothing, one heard after its end releases nothing; else it begins now."""
    if state.parcel is not None:
        return state, []
    if state.extended_to is not None and state.extended_to > parcel.ends_at:
        parcel = parcel.model_copy(update={"ends_at": state.extended_to})
    if state.state == "waiting":
        begun, events = begin(parcel, invited, open_for, keep_for)
        begun = begun.evolve(version=state.version, extended_to=state.extended_to, revoked=state.revoked)
        return _without_revoked(begun), events
    known = tuple(one for _, one in invited)
    after = state.evolve(parcel=emptied(parcel), invited=known, keep_until=parcel.ends_at + keep_for)
    return _without_revoked(after), []


def extend(state: Propagation, ends_at: datetime, open_for: timedelta, keep_for: timedelta) -> Decision[Propagation]:
    """It may be downloaded until later, and be decided until later where the end was in the way."""
    if state.extended_to is not None and state.extended_to >= ends_at:
        return state, []
    after, parcel = state.evolve(extended_to=ends_at), state.parcel
    if parcel is None or parcel.ends_at >= ends_at:
        return after, []
    parcel = parcel.model_copy(update={"ends_at": ends_at})
    decide_by = min(parcel.submitted_at + open_for, ends_at) if state.decide_by else None
    return after.evolve(parcel=parcel, decide_by=decide_by, keep_until=ends_at + keep_for), []


def revoke(state: Propagation, address: str) -> Decision[Propagation]:
    """The sender took one recipient's right back: nothing is released to them, and they decide nothing any more."""
    if address in state.revoked:
        return state, []
    return _without_revoked(state.evolve(revoked=tuple(sorted((*state.revoked, address))))), []


def _without_revoked(state: Propagation) -> Propagation:
    """Without an external recipient there is nothing left to decide, and nothing that could lapse."""
    state = state.evolve(invited=tuple(one for one in state.invited if one.address not in state.revoked))
    if state.state != "waiting" or state.parcel is None or state.outsiders():
        return state
    return state.evolve(state="released", decide_by=None)
