"""Events and decisions in any order and any number: one final state, and no release without an approval."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.contracts.auth import SessionRevoked
from services.contracts.download import RecipientRevoked
from services.contracts.propagation import ApprovalLapsed, ApprovalRequested, TransferRefused, TransferReleased
from services.contracts.upload import TransferExtended, TransferQuarantined, TransferSubmitted, TransferWithdrawn
from services.contracts.values import Person
from services.kit.aggregate import Change, Decision
from services.kit.refusals import NotFound, Refusal
from services.propagation.domain import Propagation, approve, lapse, quarantine, refuse, tombstone, withdraw
from services.propagation.handlers import subscriptions
from services.propagation.late_events import apply_submission, extend, revoke
from tests.unit.propagation.parcels import (
    CLERK,
    DECISION_PERIOD,
    ENDS_AT,
    OTHER_CLERK,
    RETENTION,
    SENT_AT,
    begun,
    invited,
    parcel,
)

SENT = parcel(transfer="t")
DIGEST = begun(SENT)[0].approval_snapshot().digest
EXTERNAL = {one.address for one in SENT.recipients if one.role == "external"}
ONE_EXTERNAL = min(EXTERNAL)
LATER_END = ENDS_AT + timedelta(days=3)


def _digest(state: Propagation) -> str:
    """Return the digest of the current snapshot; an empty string for a tombstone."""
    return state.approval_snapshot().digest if state.parcel else ""


class InMemoryPropagation:
    """One propagation without a database: applies the rules as the handlers and the API do."""

    def __init__(self) -> None:
        self.state: Propagation | None = None
        self.events: list[object] = []
        self.now = SENT_AT

    def submitted(self) -> None:
        if self.state is None:
            self.state, events = begun(SENT)
            self.events += events
        else:
            self._update(lambda state, _now: apply_submission(state, SENT, invited(SENT), DECISION_PERIOD, RETENTION))

    def withdrawn(self) -> None:
        if self.state is None:
            self.state = tombstone("t", "withdrawn")
        else:
            self._update(lambda state, _now: withdraw(state))

    def quarantined(self) -> None:
        if self.state is None:
            self.state = tombstone("t", "quarantined")
        else:
            self._update(lambda state, _now: quarantine(state))

    def extended(self) -> None:
        self._amended(lambda state: extend(state, LATER_END, DECISION_PERIOD, RETENTION))

    def revoked(self) -> None:
        self._amended(lambda state: revoke(state, ONE_EXTERNAL))

    def revoked_all(self) -> None:
        for address in sorted(EXTERNAL):
            self._amended(lambda state, address=address: revoke(state, address))  # type: ignore[misc]

    def revoked_clerk(self) -> None:
        self._amended(lambda state: revoke(state, CLERK.address))

    def _amended(self, rule: Callable[[Propagation], Decision[Propagation]]) -> None:
        if self.state is None:
            self.state = rule(tombstone("t"))[0]
        else:
            self._update(lambda state, _now: rule(state))

    def approved(self, by: Person) -> None:
        self._update(lambda state, now: approve(state, by, _digest(state), now))

    def refused(self, by: Person) -> None:
        self._update(lambda state, now: refuse(state, by, _digest(state), "non", now))

    def lapsed(self) -> None:
        self._update(lapse)

    def _update(self, change: Change[Propagation]) -> None:
        if self.state is None:
            return
        try:
            self.state, events = change(self.state, self.now)
        except Refusal:
            return
        self.events += events

    def of(self, kind: type) -> list[object]:
        return [event for event in self.events if isinstance(event, kind)]

    def reached(self) -> set[str]:
        return {
            one.address for event in self.events if isinstance(event, TransferReleased) for one in event.released_to
        }


@pytest.mark.parametrize(
    "received",
    [
        ("withdrawn",),
        ("quarantined",),
        ("withdrawn", "quarantined"),
        ("withdrawn", "extended", "revoked"),
        ("quarantined", "revoked_all", "extended"),
    ],
)
@given(extra=st.lists(st.integers(0, 2), max_size=6))
def test_submission_and_ends_in_any_order_and_number_come_to_one_state(
    received: tuple[str, ...], extra: list[int]
) -> None:
    ends, events = [], ("submitted", *received)
    for order in permutations(events):
        propagation = InMemoryPropagation()
        for event in (*order, *(events[number % len(events)] for number in extra)):
            getattr(propagation, event)()
        assert not propagation.reached() & EXTERNAL
        ends.append(propagation.state)
    assert ends[0] is not None
    assert all(end == ends[0] for end in ends)
    assert ends[0].state == received[0]


@pytest.mark.parametrize(
    ("received", "state"),
    [
        (("extended",), "waiting"),
        (("revoked",), "waiting"),
        (("extended", "revoked", "revoked_clerk"), "waiting"),
        (("extended", "revoked_all"), "released"),
    ],
)
@given(extra=st.lists(st.integers(0, 3), max_size=6))
def test_amendments_in_any_order_and_number_come_to_one_state(
    received: tuple[str, ...], state: str, extra: list[int]
) -> None:
    ends, events = [], ("submitted", *received)
    for order in permutations(events):
        propagation = InMemoryPropagation()
        for event in (*order, *(events[number % len(events)] for number in extra)):
            getattr(propagation, event)()
        assert len(propagation.of(TransferReleased)) == len(propagation.of(ApprovalRequested)) == 1, "it began once"
        assert not propagation.reached() & EXTERNAL
        ends.append(propagation.state)
    assert ends[0] is not None
    assert all(end == ends[0] for end in ends)
    assert ends[0].state == state
    assert (ends[0].parcel_or_refuse().ends_at == LATER_END) == ("extended" in received)


class Races(RuleBasedStateMachine):
    """Two approvers, a sender who may withdraw, time that passes, and events that are delivered repeatedly."""

    def __init__(self) -> None:
        super().__init__()
        self.propagation = InMemoryPropagation()
        self.stopped: set[str] = set()
        self.never_released_to: set[str] = set()

    @initialize(early=st.booleans())
    def begin(self, early: bool) -> None:
        if early:
            self.withdraw()

    @rule()
    def submit(self) -> None:
        self.propagation.submitted()

    @rule()
    def withdraw(self) -> None:
        self.stopped.add("withdrawn")
        self.propagation.withdrawn()

    @rule()
    def quarantine(self) -> None:
        self.stopped.add("quarantined")
        self.propagation.quarantined()

    @rule()
    def extend(self) -> None:
        self.propagation.extended()

    @rule()
    def revoke(self) -> None:
        before = self.propagation.reached()
        self.propagation.revoked()
        self.never_released_to = set() if ONE_EXTERNAL in before else {ONE_EXTERNAL}

    @rule(by=st.sampled_from([CLERK, OTHER_CLERK]))
    def approve(self, by: Person) -> None:
        self.propagation.approved(by)

    @rule(by=st.sampled_from([CLERK, OTHER_CLERK]))
    def refuse(self, by: Person) -> None:
        self.propagation.refused(by)

    @rule()
    def sweep(self) -> None:
        self.propagation.lapsed()

    @rule(hours=st.integers(1, 100))
    def wait(self, hours: int) -> None:
        self.propagation.now = min(self.propagation.now + timedelta(hours=hours), ENDS_AT)

    @invariant()
    def one_outcome_at_most(self) -> None:
        approvals = [one for one in self.propagation.of(TransferReleased) if getattr(one, "approved_by", None)]
        outcomes = len(approvals) + len(self.propagation.of(TransferRefused)) + len(self.propagation.of(ApprovalLapsed))
        assert outcomes <= 1
        assert bool(self.propagation.reached() & EXTERNAL) == bool(approvals)

    @invariant()
    def who_was_revoked_before_it_was_released_never_gets_it(self) -> None:
        assert not self.propagation.reached() & self.never_released_to

    @invariant()
    def the_state_says_what_was_announced(self) -> None:
        state = self.propagation.state
        if state is None:
            return
        announced = {
            "waiting": len(self.propagation.events) == (2 if state.parcel else 0),
            "approved": len(self.propagation.events) == 3,
            "refused": len(self.propagation.of(TransferRefused)) == 1,
            "lapsed": len(self.propagation.of(ApprovalLapsed)) == 1,
            "withdrawn": "withdrawn" in self.stopped,
            "quarantined": self.stopped == {"quarantined"},
        }
        assert announced[state.state]
        assert (state.decide_by is not None) == (state.state == "waiting" and state.parcel is not None)

    @invariant()
    def nobody_decides_too_late(self) -> None:
        state = self.propagation.state
        if state is not None and state.decided is not None:
            assert state.decided.at < SENT_AT + timedelta(days=7)


TestRaces = Races.TestCase


def test_a_withdrawn_tombstone_is_shown_to_nobody() -> None:
    try:
        tombstone("t", "withdrawn").approval_snapshot()
    except NotFound:
        return
    raise AssertionError("a tombstone was shown")


def test_propagation_handles_the_events_that_it_subscribes_to() -> None:
    fakes: dict[type, object] = {}
    own = (TransferSubmitted, TransferWithdrawn, TransferQuarantined, TransferExtended, RecipientRevoked)
    for event in (*own, SessionRevoked):
        assert "propagation" in event.subscribers
        fakes[event] = None
    assert set(subscriptions(None)) == set(fakes)  # type: ignore[arg-type]


def test_the_clock_of_a_decision_is_the_one_that_is_given() -> None:
    at = datetime.fromisoformat("2026-03-04T12:00:00+00:00")
    state, _ = approve(begun(SENT)[0], CLERK, DIGEST, at)
    assert state.decided is not None
    assert state.decided.at == at
