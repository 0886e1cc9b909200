"""What may be released to whom, who may decide it, and what does each decision announce? (R19-R24)"""

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
from services.propagation.refusals import (
    AlreadyDecided,
    ApprovalAlreadyLapsed,
    NobodyWaits,
    ShownDiffers,
    TransferAlreadyQuarantined,
    TransferAlreadyWithdrawn,
)
from services.propagation.shown import Shown, shown

StateName = Literal["waiting", "released", "approved", "refused", "lapsed", "withdrawn", "quarantined"]
Outcome = Literal["approved", "refused"]
CLOSED: tuple[StateName, ...] = ("refused", "lapsed", "withdrawn")
EXTENSION_ON_ITS_WAY = timedelta(seconds=30)
STOPPED: tuple[StateName, ...] = ("withdrawn", "quarantined")


class Invited(Value):
    """An approver of one transfer; of the secret in their mail only the keyed hash is kept."""

    address: str
    token_hash: str


class Decided(Value):
    """What an approver decided, and when; `reason` is only there for a refusal."""

    outcome: Outcome
    by: Person
    at: datetime
    reason: str = ""


class Propagation(Aggregate):
    """One transfer and the decision about it; its id is the transfer's.

    Without a parcel it is a tombstone: something was heard before the submission. `decide_by` is there only while
    the decision is open, `keep_until` once the transfer is known. `revoked` are recipients from whom the sender took
    their right back: nothing is released to them, and those who were asked are asked no more.
    """

    state: StateName
    parcel: Parcel | None = None
    invited: tuple[Invited, ...] = ()
    decided: Decided | None = None
    decide_by: datetime | None = None
    keep_until: datetime | None = None
    extended_to: datetime | None = None
    revoked: tuple[str, ...] = ()

    def sent(self) -> Parcel:
        """The transfer; `NotFound` for a tombstone, of which nothing may be shown."""
        if self.parcel is None:
            raise NotFound()
        return self.parcel

    def shown(self) -> Shown:
        """What the approver is shown, and its digest; of who was revoked nothing is decided any more."""
        parcel = self.sent()
        return shown(parcel.model_copy(update={"recipients": self._kept(parcel.recipients)}))

    def outsiders(self) -> tuple[Recipient, ...]:
        """The external recipients, without those who were revoked."""
        return self._kept(externals(self.sent()))

    def _kept(self, recipients: tuple[Recipient, ...]) -> tuple[Recipient, ...]:
        return tuple(one for one in recipients if one.address not in self.revoked)


def needs_approval(parcel: Parcel) -> bool:
    """An external sender who writes to any external recipient needs somebody to vouch for it."""
    return parcel.sender_role != "agent" and bool(externals(parcel))


def externals(parcel: Parcel) -> tuple[Recipient, ...]:
    """All recipients who are not known to be agents."""
    return tuple(recipient for recipient in parcel.recipients if recipient.role != "agent")


def agents(parcel: Parcel) -> tuple[Recipient, ...]:
    """The agents among the recipients."""
    return tuple(recipient for recipient in parcel.recipients if recipient.role == "agent")


def approvers(parcel: Parcel) -> tuple[str, ...]:
    """Who may vouch: the agents among the recipients, but nobody for themselves under another alias (R22)."""
    sender = mailbox_of(parcel.sender.address)
    return tuple(dict.fromkeys(one.address for one in agents(parcel) if mailbox_of(one.address) != sender))


def begin(
    parcel: Parcel, invited: Sequence[tuple[ApproverInvitation, Invited]], open_for: timedelta, keep_for: timedelta
) -> Decision[Propagation]:
    """What follows from a submission: released to all, or to the agents while somebody is asked to vouch.

    `invited` is empty unless approval is needed. Needed and nobody to ask: nothing is ever released (R19).
    """
    keep_until = parcel.ends_at + keep_for
    if not needs_approval(parcel):
        state = Propagation(id=parcel.transfer, state="released", parcel=parcel, keep_until=keep_until)
        return state, [_released(state, parcel.recipients, parcel.submitted_at, awaiting=False)]
    decide_by = min(parcel.submitted_at + open_for, parcel.ends_at)
    state = Propagation(
        id=parcel.transfer,
        state="waiting",
        parcel=parcel,
        invited=tuple(known for _, known in invited),
        decide_by=decide_by,
        keep_until=keep_until,
    )
    if not invited:
        return _lapse(state, parcel.submitted_at)
    asked = _requested(parcel, tuple(approver for approver, _ in invited), decide_by)
    return state, [_released(state, agents(parcel), parcel.submitted_at, awaiting=True), asked]


def tombstone(transfer: str, state: StateName = "waiting") -> Propagation:
    """An end that was heard before the submission; without one, it waits for that."""
    return Propagation(id=transfer, state=state)


def approve(state: Propagation, by: Person, digest: str, now: datetime) -> Decision[Propagation]:
    """Vouch for what was shown: the external recipients may have it. The same decision again changes nothing."""
    if _decided_so(state, by, "approved"):
        return state, []
    _refuse_unless_open(state, digest, now)
    after = state.evolve(state="approved", decided=Decided(outcome="approved", by=by, at=now), decide_by=None)
    return after, [_released(after, after.outsiders(), now, awaiting=False)]


def refuse(state: Propagation, by: Person, digest: str, reason: str, now: datetime) -> Decision[Propagation]:
    """Refuse to vouch for what was shown: nobody keeps a link. The same decision again changes nothing."""
    if _decided_so(state, by, "refused"):
        return state, []
    _refuse_unless_open(state, digest, now)
    decided = Decided(outcome="refused", by=by, at=now, reason=reason)
    reference, asked = state.sent().reference(), _asked(state)
    event = TransferRefused(reference=reference, refused_by=by, reason=reason, refused_at=now, **asked)
    return _closed(state, "refused").evolve(decided=decided), [event]


def lapse(state: Propagation, now: datetime) -> Decision[Propagation]:
    """Nobody decided in time; anything else than an open decision past its date stays as it is.

    Where the end of the transfer is that date, an extension of the last moment may not have been heard of yet.
    """
    if state.state != "waiting" or state.decide_by is None:
        return state, []
    ends_with_it = state.sent().ends_at <= state.decide_by
    if now < state.decide_by + (EXTENSION_ON_ITS_WAY if ends_with_it else timedelta(0)):
        return state, []
    return _lapse(state, now)


def withdraw(state: Propagation) -> Decision[Propagation]:
    """The sender deleted it: no decision is possible any more. What was refused or had lapsed stays so."""
    return (state, []) if state.state in CLOSED else (_closed(state, "withdrawn"), [])


def quarantine(state: Propagation) -> Decision[Propagation]:
    """Its files are not what was declared: no decision is possible any more. Whatever else ended it stays so."""
    return (state, []) if state.state in (*CLOSED, "quarantined") else (_closed(state, "quarantined"), [])


def _decided_so(state: Propagation, by: Person, outcome: Outcome) -> bool:
    """A retry of a request whose answer was lost finds its own decision (R2)."""
    decided = state.decided
    own = decided is not None and decided.by.address == by.address and decided.outcome == outcome
    return own and state.state == outcome


def _refuse_unless_open(state: Propagation, digest: str, now: datetime) -> None:
    if state.state in STOPPED:
        raise TransferAlreadyWithdrawn() if state.state == "withdrawn" else TransferAlreadyQuarantined()
    if state.decided is not None:
        decided = state.decided
        raise AlreadyDecided(outcome=decided.outcome, decided_by=decided.by.address, decided_at=decided.at.isoformat())
    if state.state == "released":
        raise NobodyWaits()
    if state.state != "waiting" or state.decide_by is None or now >= state.decide_by:
        raise ApprovalAlreadyLapsed()
    if digest != state.shown().digest:
        raise ShownDiffers()


def _lapse(state: Propagation, now: datetime) -> Decision[Propagation]:
    event = ApprovalLapsed(reference=state.sent().reference(), lapsed_at=now, **_asked(state))
    return _closed(state, "lapsed"), [event]


def _closed(state: Propagation, name: StateName) -> Propagation:
    """Nobody gets it any more, so its text and what would find its bytes are forgotten."""
    return state.evolve(state=name, decide_by=None, parcel=emptied(state.parcel) if state.parcel else None)


def emptied(parcel: Parcel) -> Parcel:
    """Without its text, and without what would find its bytes."""
    files = tuple(file.model_copy(update={"parts": (), "object_key": ""}) for file in parcel.files)
    return parcel.model_copy(update={"text": "", "files": files})


def _invited(state: Propagation) -> tuple[str, ...]:
    return tuple(one.address for one in state.invited)


def _asked(state: Propagation) -> dict[str, tuple[str, ...]]:
    """The approvers, and of those typed in capitals how they were."""
    invited = _invited(state)
    typed = (one.mail_to for one in state.sent().recipients if one.mail_to and one.address in invited)
    return {"approvers": invited, "spellings": tuple(typed)}


def _released(state: Propagation, to: tuple[Recipient, ...], now: datetime, *, awaiting: bool) -> Event:
    return TransferReleased(
        parcel=state.sent(),
        released_to=to,
        awaiting_approval=awaiting,
        approved_by=state.decided.by if state.decided else None,
        approvers=_invited(state),
        released_at=now,
    )


def _requested(parcel: Parcel, asked: tuple[ApproverInvitation, ...], decide_by: datetime) -> Event:
    return ApprovalRequested(
        reference=parcel.reference(),
        recipients=parcel.recipients,
        text=parcel.text,
        files=tuple(FileSummary(path=file.path, size_bytes=file.size_bytes) for file in parcel.files),
        approvers=asked,
        ends_at=parcel.ends_at,
        decide_by=decide_by,
    )
