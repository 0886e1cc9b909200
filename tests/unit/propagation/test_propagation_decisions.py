"""What an agent may decide, and what everybody else may not."""

from datetime import timedelta

import pytest
from pydantic import SecretStr

from services.contracts.propagation import ApprovalLapsed, ApprovalRequested, TransferRefused, TransferReleased
from services.contracts.values import Parcel, Person
from services.propagation.amending import extend, learn, revoke
from services.propagation.domain import (
    EXTENSION_ON_ITS_WAY,
    Propagation,
    approve,
    approvers,
    lapse,
    quarantine,
    refuse,
    tombstone,
    withdraw,
)
from services.propagation.refusals import (
    AlreadyDecided,
    ApprovalAlreadyLapsed,
    NobodyWaits,
    ShownDiffers,
    TransferAlreadyQuarantined,
    TransferAlreadyWithdrawn,
)
from services.propagation.store import Invitations
from tests.unit.propagation.parcels import (
    CLERK,
    ENDS_AT,
    FIRM,
    KEEP_FOR,
    MIXED,
    OPEN_FOR,
    OTHER_CLERK,
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
    """The digest says which transfer, so that what was shown of one approves no other."""
    return waiting().shown().digest


def addresses(event: object) -> set[str]:
    assert isinstance(event, TransferReleased)
    return {one.address for one in event.released_to}


def test_an_agent_needs_nobody_to_vouch() -> None:
    state, events = begun(parcel(sender=CLERK, sender_role="agent"))
    assert state.state == "released"
    assert [type(event) for event in events] == [TransferReleased]
    assert addresses(events[0]) == {one.address for one in MIXED}


def test_an_outsider_who_writes_to_agents_only_needs_nobody_to_vouch() -> None:
    state, events = begun(parcel((recipient(CLERK.address, "agent"),)))
    assert state.state == "released"
    assert addresses(events[0]) == {CLERK.address}


def test_an_outsider_who_writes_to_outsiders_reaches_the_agents_only() -> None:
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


def test_nobody_vouches_for_themselves_under_another_alias() -> None:
    sender = Person(address="x@ministere.example")
    sent = parcel((recipient("x+moi@ministere.example", "agent"), recipient(FIRM)), sender=sender)
    assert approvers(sent) == ()
    state, events = begun(sent)
    assert state.state == "lapsed"
    assert not any(isinstance(event, TransferReleased) for event in events)


def test_what_was_asked_is_in_the_mail_and_only_a_hash_of_it_is_kept() -> None:
    sent = parcel()
    state, events = begun(sent)
    asked = events[1]
    assert isinstance(asked, ApprovalRequested)
    tokens = {one.token.get_secret_value() for one in asked.approvers}
    assert len(tokens) == 2
    assert not any(token in state.model_dump_json() for token in tokens)
    assert not any(token in repr(asked) for token in tokens)


def test_a_token_differs_by_transfer_by_approver_and_by_pepper() -> None:
    one, other = Invitations(SecretStr("a" * 32)), Invitations(SecretStr("b" * 32))
    made = [one.to("t1", "x@y"), one.to("t2", "x@y"), one.to("t1", "z@y"), other.to("t1", "x@y")]
    assert len({approver.token.get_secret_value() for approver, _ in made}) == 4
    assert one.to("t1", "x@y") == made[0]


def test_an_approval_releases_to_the_outsiders_and_says_who_vouched() -> None:
    state, events = approve(waiting(), CLERK, waiting_digest(), LATER)
    event = events[0]
    assert isinstance(event, TransferReleased)
    assert state.state == "approved"
    assert addresses(event) == {FIRM, "archives@firme.example"}
    assert (event.approved_by, event.awaiting_approval, event.released_at) == (CLERK, False, LATER)
    assert event.parcel.files[0].parts, "the counter needs the parts to serve the files"


def test_a_refusal_says_why_and_keeps_no_text() -> None:
    state, events = refuse(waiting(), CLERK, waiting_digest(), "Pas pour nous", LATER)
    event = events[0]
    assert isinstance(event, TransferRefused)
    assert (event.refused_by, event.reason) == (CLERK, "Pas pour nous")
    assert set(event.approvers) == {CLERK.address, OTHER_CLERK.address}
    assert state.sent().text == ""


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


def test_who_has_approved_cannot_refuse_afterwards() -> None:
    approved, _ = approve(waiting(), CLERK, waiting_digest(), LATER)
    with pytest.raises(AlreadyDecided):
        refuse(approved, CLERK, waiting_digest(), "Non", LATER)


def test_nothing_is_decided_on_something_that_was_not_shown() -> None:
    with pytest.raises(ShownDiffers):
        approve(waiting(), CLERK, "0" * 64, LATER)
    with pytest.raises(ShownDiffers):
        refuse(waiting(), CLERK, parcel_digest(parcel(MIXED[:3], transfer="t")), "Non", LATER)


def parcel_digest(sent: Parcel) -> str:
    return begun(sent)[0].shown().digest


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
    assert state.sent().text == ""
    with pytest.raises(TransferAlreadyQuarantined):
        approve(state, CLERK, waiting_digest(), LATER)


def test_a_withdrawal_that_comes_first_leaves_a_tombstone_and_nothing_is_released() -> None:
    state, events = learn(tombstone("t", "withdrawn"), SENT, invited(SENT), OPEN_FOR, KEEP_FOR)
    assert events == []
    assert state.state == "withdrawn"
    assert state.sent().recipients == SENT.recipients
    assert state.sent().text == ""


def test_who_was_revoked_while_waiting_is_not_released_to_when_it_is_approved() -> None:
    state, events = revoke(waiting(), FIRM)
    assert events == []
    with pytest.raises(ShownDiffers):
        approve(state, CLERK, waiting_digest(), LATER)
    approved, (event,) = approve(state, CLERK, state.shown().digest, LATER)
    assert addresses(event) == {"archives@firme.example"}
    assert FIRM not in {one.address for one in approved.shown().recipients}


def test_when_everybody_who_waits_was_revoked_there_is_nothing_left_that_could_lapse() -> None:
    state = waiting()
    for address in (FIRM, "archives@firme.example"):
        state, _ = revoke(state, address)
    assert (state.state, state.decide_by) == ("released", None)
    assert lapse(state, TOO_LATE) == (state, [])


def test_when_everybody_who_waits_was_revoked_an_approver_is_told_that_nobody_waits() -> None:
    state = waiting()
    for address in (FIRM, "archives@firme.example"):
        state, _ = revoke(state, address)
    with pytest.raises(NobodyWaits):
        approve(state, CLERK, state.shown().digest, LATER)
    with pytest.raises(NobodyWaits):
        refuse(state, CLERK, state.shown().digest, "non", LATER)


def test_an_agent_who_was_revoked_decides_nothing_any_more() -> None:
    state, _ = revoke(waiting(), CLERK.address)
    assert [one.address for one in state.invited] == [OTHER_CLERK.address]
    assert state.state == "waiting"


def test_an_extension_leaves_time_to_decide_only_where_the_end_was_in_the_way() -> None:
    short = begun(parcel(transfer="t", ends_at=SENT_AT + timedelta(days=3)))[0]
    longer, events = extend(short, ENDS_AT, OPEN_FOR, KEEP_FOR)
    assert events == []
    assert (longer.decide_by, longer.sent().ends_at) == (SENT_AT + OPEN_FOR, ENDS_AT)
    assert longer.keep_until == ENDS_AT + KEEP_FOR
    assert longer.shown().digest == short.shown().digest, "a date is no reason to read it again"
    assert extend(longer, SENT_AT + timedelta(days=4), OPEN_FOR, KEEP_FOR) == (longer, [])
    decided = approve(short, CLERK, short.shown().digest, LATER)[0]
    assert extend(decided, ENDS_AT, OPEN_FOR, KEEP_FOR)[0].decide_by is None


def test_of_an_extension_and_a_lapse_at_the_end_the_first_one_stands_however_late_it_is_heard() -> None:
    end = SENT_AT + timedelta(days=3)
    state = begun(parcel(transfer="t", ends_at=end))[0]
    with pytest.raises(ApprovalAlreadyLapsed):
        approve(state, CLERK, state.shown().digest, end)
    assert lapse(state, end + EXTENSION_ON_ITS_WAY / 2) == (state, [])
    longer, _ = extend(state, ENDS_AT, OPEN_FOR, KEEP_FOR)
    assert approve(longer, CLERK, longer.shown().digest, end + EXTENSION_ON_ITS_WAY)[1]
    assert lapse(state, end + EXTENSION_ON_ITS_WAY)[0].state == "lapsed"


def test_what_was_refused_or_has_lapsed_stays_so_when_it_is_stopped() -> None:
    refused, _ = refuse(waiting(), CLERK, waiting_digest(), "Non", LATER)
    lapsed, _ = lapse(waiting(), TOO_LATE)
    for stop in (withdraw, quarantine):
        assert stop(refused)[0].state == "refused"
        assert stop(lapsed)[0].state == "lapsed"


def test_nobody_is_asked_when_nobody_has_to_vouch() -> None:
    assert invited(parcel(sender=CLERK, sender_role="agent")) == []
