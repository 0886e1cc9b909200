"""What an approver may decide, and what nobody else may."""

from datetime import timedelta

import pytest
from pydantic import SecretStr

from services.contracts.propagation import ApprovalLapsed, ApprovalRequested, TransferRefused, TransferReleased
from services.contracts.values import Parcel, Person
from services.propagation.domain import (
    EXTENSION_GRACE,
    Propagation,
    approve,
    eligible_approvers,
    lapse,
    quarantine,
    refuse,
    tombstone,
    withdraw,
)
from services.propagation.late_events import apply_submission, extend, revoke
from services.propagation.refusals import (
    AlreadyDecided,
    ApprovalAlreadyLapsed,
    ApprovalSnapshotStale,
    ExternalRecipientsRevoked,
    TransferAlreadyQuarantined,
    TransferAlreadyWithdrawn,
)
from services.propagation.store import ApproverInvitations
from tests.unit.propagation.parcels import (
    CLERK,
    DECISION_PERIOD,
    ENDS_AT,
    FIRM,
    MIXED,
    OTHER_CLERK,
    RETENTION,
    SENT_AT,
    begun,
    invited,
    parcel,
    recipient,
)

LATER = SENT_AT + timedelta(hours=2)
TOO_LATE = SENT_AT + timedelta(days=7)


SENT = parcel(transfer="t")


def waiting() -> Propagation:
    return begun(SENT)[0]


def waiting_digest() -> str:
    """The digest covers the transfer's id, so that it approves no other transfer."""
    return waiting().approval_snapshot().digest


def addresses(event: object) -> set[str]:
    assert isinstance(event, TransferReleased)
    return {one.address for one in event.released_to}


def test_an_agent_needs_no_approval() -> None:
    state, events = begun(parcel(sender=CLERK, sender_role="agent"))
    assert state.state == "released"
    assert [type(event) for event in events] == [TransferReleased]
    assert addresses(events[0]) == {one.address for one in MIXED}


def test_an_external_sender_who_writes_to_agents_only_needs_no_approval() -> None:
    state, events = begun(parcel((recipient(CLERK.address, "agent"),)))
    assert state.state == "released"
    assert addresses(events[0]) == {CLERK.address}


def test_an_external_sender_who_writes_to_external_people_reaches_the_agents_only() -> None:
    state, events = begun(parcel())
    released, asked = events
    assert state.state == "waiting"
    assert addresses(released) == {CLERK.address, OTHER_CLERK.address}
    assert isinstance(released, TransferReleased)
    assert released.awaiting_approval
    assert released.approved_by is None
    assert isinstance(asked, ApprovalRequested)
    assert {one.address for one in asked.approvers} == {CLERK.address, OTHER_CLERK.address}


def test_without_an_agent_nothing_is_ever_released() -> None:
    state, events = begun(parcel((recipient(FIRM),)))
    assert state.state == "lapsed"
    assert [type(event) for event in events] == [ApprovalLapsed]


def test_nobody_approves_their_own_transfer_under_another_alias() -> None:
    sender = Person(address="x@ministere.example")
    sent = parcel((recipient("x+moi@ministere.example", "agent"), recipient(FIRM)), sender=sender)
    assert eligible_approvers(sent) == ()
    state, events = begun(sent)
    assert state.state == "lapsed"
    assert not any(isinstance(event, TransferReleased) for event in events)


def test_the_token_is_in_the_mail_and_only_its_hash_is_stored() -> None:
    sent = parcel()
    state, events = begun(sent)
    asked = events[1]
    assert isinstance(asked, ApprovalRequested)
    tokens = {one.token.get_secret_value() for one in asked.approvers}
    assert len(tokens) == 2
    assert not any(token in state.model_dump_json() for token in tokens)
    assert not any(token in repr(asked) for token in tokens)


def test_a_token_differs_by_transfer_by_approver_and_by_pepper() -> None:
    one, other = ApproverInvitations(SecretStr("a" * 32)), ApproverInvitations(SecretStr("b" * 32))
    made = [one.invite("t1", "x@y"), one.invite("t2", "x@y"), one.invite("t1", "z@y"), other.invite("t1", "x@y")]
    assert len({approver.token.get_secret_value() for approver, _ in made}) == 4
    assert one.invite("t1", "x@y") == made[0]


def test_an_approval_releases_to_the_external_recipients_and_says_who_approved() -> None:
    state, events = approve(waiting(), CLERK, waiting_digest(), LATER)
    event = events[0]
    assert isinstance(event, TransferReleased)
    assert state.state == "approved"
    assert addresses(event) == {FIRM, "archives@firme.example"}
    assert (event.approved_by, event.awaiting_approval, event.released_at) == (CLERK, False, LATER)
    assert event.parcel.files[0].parts, "download needs the parts to serve the files"


def test_a_refusal_says_why_and_keeps_no_text() -> None:
    state, events = refuse(waiting(), CLERK, waiting_digest(), "Pas pour nous", LATER)
    event = events[0]
    assert isinstance(event, TransferRefused)
    assert (event.refused_by, event.reason) == (CLERK, "Pas pour nous")
    assert set(event.approvers) == {CLERK.address, OTHER_CLERK.address}
    assert state.parcel_or_refuse().text == ""


def test_the_first_decision_wins_and_the_second_agent_learns_who_decided_and_when() -> None:
    approved, _ = approve(waiting(), CLERK, waiting_digest(), LATER)
    with pytest.raises(AlreadyDecided) as told:
        refuse(approved, OTHER_CLERK, waiting_digest(), "Trop tard", LATER)
    assert told.value.members == {
        "outcome": "approved",
        "decided_by": CLERK.address,
        "decided_at": LATER.isoformat(),
    }


def test_the_same_decision_sent_again_changes_nothing_and_is_no_error() -> None:
    approved, _ = approve(waiting(), CLERK, waiting_digest(), LATER)
    assert approve(approved, CLERK, waiting_digest(), LATER) == (approved, [])
    refused, _ = refuse(waiting(), CLERK, waiting_digest(), "Non", LATER)
    assert refuse(refused, CLERK, waiting_digest(), "Non", LATER) == (refused, [])


def test_an_approver_who_has_approved_cannot_refuse_afterwards() -> None:
    approved, _ = approve(waiting(), CLERK, waiting_digest(), LATER)
    with pytest.raises(AlreadyDecided):
        refuse(approved, CLERK, waiting_digest(), "Non", LATER)


def test_a_decision_about_another_snapshot_is_refused() -> None:
    with pytest.raises(ApprovalSnapshotStale):
        approve(waiting(), CLERK, "0" * 64, LATER)
    with pytest.raises(ApprovalSnapshotStale):
        refuse(waiting(), CLERK, parcel_digest(parcel(MIXED[:3], transfer="t")), "Non", LATER)


def parcel_digest(sent: Parcel) -> str:
    return begun(sent)[0].approval_snapshot().digest


def test_the_digest_changes_with_every_field_that_was_shown() -> None:
    changes: list[dict[str, object]] = [
        {"subject": "Autre"},
        {"text": "Autre"},
        {"transfer": "autre"},
        {"sender": SENT.sender.model_copy(update={"name": "Autre"})},
        {"recipients": SENT.recipients[:-1]},
        {"recipients": (*SENT.recipients[:-1], recipient("archives@firme.example", field="to"))},
        {"files": ()},
        {"files": (SENT.files[0].model_copy(update={"sha256": "d" * 64}),)},
        {"files": (SENT.files[0].model_copy(update={"path": "autre"}),)},
    ]
    digests = {parcel_digest(SENT.model_copy(update=change)) for change in changes}
    assert len(digests | {waiting_digest()}) == len(changes) + 1


def test_nobody_decides_after_the_last_day_even_before_the_sweep() -> None:
    with pytest.raises(ApprovalAlreadyLapsed):
        approve(waiting(), CLERK, waiting_digest(), TOO_LATE)
    state, _ = lapse(waiting(), TOO_LATE)
    with pytest.raises(ApprovalAlreadyLapsed):
        refuse(state, CLERK, waiting_digest(), "Non", LATER)


def test_a_decision_stays_open_seven_days_but_never_past_the_end() -> None:
    assert waiting().decide_by == TOO_LATE
    soon = SENT_AT + timedelta(days=3)
    assert begun(parcel(ends_at=soon))[0].decide_by == soon


def test_nothing_lapses_before_its_last_day_or_after_a_decision() -> None:
    assert lapse(waiting(), LATER) == (waiting(), [])
    approved, _ = approve(waiting(), CLERK, waiting_digest(), LATER)
    assert lapse(approved, ENDS_AT) == (approved, [])


def test_what_was_withdrawn_can_no_longer_be_decided() -> None:
    state, events = withdraw(waiting())
    assert events == []
    with pytest.raises(TransferAlreadyWithdrawn):
        approve(state, CLERK, waiting_digest(), LATER)


def test_what_was_quarantined_can_no_longer_be_decided() -> None:
    state, events = quarantine(waiting())
    assert events == []
    assert state.parcel_or_refuse().text == ""
    with pytest.raises(TransferAlreadyQuarantined):
        approve(state, CLERK, waiting_digest(), LATER)


def test_a_withdrawal_that_comes_first_leaves_a_tombstone_and_nothing_is_released() -> None:
    state, events = apply_submission(tombstone("t", "withdrawn"), SENT, invited(SENT), DECISION_PERIOD, RETENTION)
    assert events == []
    assert state.state == "withdrawn"
    assert state.parcel_or_refuse().recipients == SENT.recipients
    assert state.parcel_or_refuse().text == ""


def test_who_was_revoked_while_waiting_is_not_released_to_when_it_is_approved() -> None:
    state, events = revoke(waiting(), FIRM)
    assert events == []
    with pytest.raises(ApprovalSnapshotStale):
        approve(state, CLERK, waiting_digest(), LATER)
    approved, (event,) = approve(state, CLERK, state.approval_snapshot().digest, LATER)
    assert addresses(event) == {"archives@firme.example"}
    assert FIRM not in {one.address for one in approved.approval_snapshot().recipients}


def test_when_everybody_who_waits_was_revoked_there_is_nothing_left_that_could_lapse() -> None:
    state = waiting()
    for address in (FIRM, "archives@firme.example"):
        state, _ = revoke(state, address)
    assert (state.state, state.decide_by) == ("released", None)
    assert lapse(state, TOO_LATE) == (state, [])


def test_when_everybody_who_waits_was_revoked_an_approver_is_told_so() -> None:
    state = waiting()
    for address in (FIRM, "archives@firme.example"):
        state, _ = revoke(state, address)
    with pytest.raises(ExternalRecipientsRevoked):
        approve(state, CLERK, state.approval_snapshot().digest, LATER)
    with pytest.raises(ExternalRecipientsRevoked):
        refuse(state, CLERK, state.approval_snapshot().digest, "non", LATER)


def test_an_agent_who_was_revoked_decides_nothing_any_more() -> None:
    state, _ = revoke(waiting(), CLERK.address)
    assert [one.address for one in state.approvers] == [OTHER_CLERK.address]
    assert state.state == "waiting"


def test_an_extension_leaves_time_to_decide_only_where_the_end_was_in_the_way() -> None:
    short = begun(parcel(transfer="t", ends_at=SENT_AT + timedelta(days=3)))[0]
    longer, events = extend(short, ENDS_AT, DECISION_PERIOD, RETENTION)
    assert events == []
    assert (longer.decide_by, longer.parcel_or_refuse().ends_at) == (SENT_AT + DECISION_PERIOD, ENDS_AT)
    assert longer.forget_at == ENDS_AT + RETENTION
    assert longer.approval_snapshot().digest == short.approval_snapshot().digest, "a date is no reason to read it again"
    assert extend(longer, SENT_AT + timedelta(days=4), DECISION_PERIOD, RETENTION) == (longer, [])
    decided = approve(short, CLERK, short.approval_snapshot().digest, LATER)[0]
    assert extend(decided, ENDS_AT, DECISION_PERIOD, RETENTION)[0].decide_by is None


def test_of_an_extension_and_a_lapse_at_the_end_the_first_one_stands_however_late_it_arrives() -> None:
    end = SENT_AT + timedelta(days=3)
    state = begun(parcel(transfer="t", ends_at=end))[0]
    with pytest.raises(ApprovalAlreadyLapsed):
        approve(state, CLERK, state.approval_snapshot().digest, end)
    assert lapse(state, end + EXTENSION_GRACE / 2) == (state, [])
    longer, _ = extend(state, ENDS_AT, DECISION_PERIOD, RETENTION)
    assert approve(longer, CLERK, longer.approval_snapshot().digest, end + EXTENSION_GRACE)[1]
    assert lapse(state, end + EXTENSION_GRACE)[0].state == "lapsed"


def test_what_was_refused_or_has_lapsed_stays_so_when_it_is_stopped() -> None:
    refused, _ = refuse(waiting(), CLERK, waiting_digest(), "Non", LATER)
    lapsed, _ = lapse(waiting(), TOO_LATE)
    for stop in (withdraw, quarantine):
        assert stop(refused)[0].state == "refused"
        assert stop(lapsed)[0].state == "lapsed"


def test_nobody_is_asked_when_no_approval_is_needed() -> None:
    assert invited(parcel(sender=CLERK, sender_role="agent")) == []
