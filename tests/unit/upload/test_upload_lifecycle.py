"""How transfers end, in any order of the events, and how their bytes are removed."""

from datetime import datetime, timedelta
from itertools import permutations
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.contracts.upload import TransferExtended, TransferQuarantined, TransferSubmitted, TransferWithdrawn
from services.kit.refusals import NotFound, Refusal
from services.upload.domain.draft_edits import ValidityOutOfRange
from services.upload.domain.files import Announcement, RemovalsUnderWay, new_file, without_file
from services.upload.domain.lifecycle import (
    MAX_SECOND_REMOVALS,
    REMOVAL_DELAY,
    after_removal,
    apply_time,
    close,
    discard,
    due_removals,
    is_forgettable,
    quarantine,
    with_next_check,
    withdraw,
)
from services.upload.domain.submission import submit
from services.upload.domain.transfer import Outcome, Transfer
from services.upload.domain.validity import TransferEnded, ValidityShortened, expire, extend
from tests.unit.upload.sample import (
    AGENTS,
    DAY,
    EXTERNAL,
    HOUR,
    LIMITS,
    NOW,
    RETENTION,
    draft,
    ready,
    with_announced_file,
    with_complete_file,
)

SECOND = timedelta(seconds=1)
OUTCOMES: list[Outcome] = ["refused", "lapsed", "expired"]


def submitted() -> Transfer:
    return submit(ready(), EXTERNAL, LIMITS, AGENTS, NOW)[0]


def purged(state: Transfer, now: datetime = NOW) -> Transfer:
    return after_removal(state, {left.key for left in state.pending_removals}, RETENTION, now)


def test_withdrawing_is_announced_once() -> None:
    gone, events = withdraw(submitted(), NOW)
    assert [type(event) for event in events] == [TransferWithdrawn]
    assert (gone.state, gone.outcome) == ("closed", "withdrawn")
    assert withdraw(gone, NOW + DAY) == (gone, [])


def test_a_closed_transfer_is_not_withdrawn() -> None:
    refused = close(submitted(), "refused", NOW, NOW)
    assert withdraw(refused, NOW) == (refused, [])


def test_a_quarantine_is_announced_once_with_the_files_and_keeps_the_bytes_as_evidence() -> None:
    state = submitted()
    (id,) = state.files
    gone, events = quarantine(state, [id], RETENTION, NOW)
    (event,) = events
    assert [file.path for file in event.files] == [state.file(id).path]
    assert (gone.state, gone.outcome) == ("closed", "quarantined")
    assert quarantine(gone, [id], RETENTION, NOW + DAY) == (gone, [])
    assert due_removals(gone, NOW + 9 * DAY) == []
    assert with_next_check(gone, RETENTION).due_at == NOW + RETENTION.evidence
    assert due_removals(gone, NOW + 10 * DAY) == list(gone.pending_removals)


def test_neither_its_sender_nor_another_end_removes_the_bytes_of_a_quarantined_transfer() -> None:
    gone, _ = quarantine(submitted(), [], RETENTION, NOW)
    assert withdraw(gone, NOW) == (gone, [])
    for outcome in OUTCOMES:
        assert close(gone, outcome, NOW, NOW) is gone


def test_a_draft_and_a_closed_transfer_are_not_quarantined() -> None:
    for state in (ready(), withdraw(submitted(), NOW)[0]):
        assert quarantine(state, [], RETENTION, NOW) == (state, [])


@pytest.mark.parametrize("order", list(permutations(OUTCOMES)))
def test_ends_in_any_order_and_twice_give_the_same_outcome(order: tuple[Outcome, ...]) -> None:
    state = submitted()
    for outcome in (*order, *order):
        state = close(state, outcome, NOW + OUTCOMES.index(outcome) * HOUR, NOW + DAY)
    assert (state.outcome, state.closed_at) == ("refused", NOW)
    assert len(state.pending_removals) == 1


def test_an_end_that_is_announced_for_a_draft_changes_nothing() -> None:
    state = ready()
    assert close(state, "expired", NOW, NOW) is state


def test_bytes_are_removed_after_the_delay_and_a_second_time_later() -> None:
    gone, _ = withdraw(submitted(), NOW)
    then = NOW + REMOVAL_DELAY
    assert with_next_check(gone, RETENTION).due_at == then
    assert due_removals(gone, then - SECOND) == []
    once = purged(gone, then)
    assert once.purged_at == then
    assert due_removals(once, then + HOUR) == []
    assert with_next_check(once, RETENTION).due_at == then + RETENTION.late_bytes
    assert purged(once, then) == once, "a concurrent sweeper did the same"
    twice = purged(once, then + 2 * HOUR)
    assert twice.pending_removals == ()
    assert twice.purged_at == then


def test_bytes_that_are_still_there_are_not_purged() -> None:
    gone, _ = withdraw(submit(ready(files=2), EXTERNAL, LIMITS, AGENTS, NOW)[0], NOW)
    first, second = gone.pending_removals
    half = after_removal(gone, {first.key}, RETENTION, NOW + HOUR)
    assert half.purged_at is None
    assert due_removals(half, NOW + HOUR) == [second]


def test_a_draft_without_edits_is_discarded_and_deleted() -> None:
    state = ready()
    assert apply_time(state, RETENTION, NOW + 13 * DAY) is state
    gone = apply_time(state, RETENTION, NOW + 14 * DAY)
    assert (gone.state, gone.outcome) == ("closed", "discarded")
    assert not is_forgettable(gone, RETENTION, NOW + 14 * DAY)
    clean = purged(purged(gone, NOW + 14 * DAY), NOW + 15 * DAY)
    assert is_forgettable(clean, RETENTION, NOW + 15 * DAY)


def test_a_discarded_draft_is_not_checked_before_its_second_removal_is_due() -> None:
    once = purged(discard(ready(), NOW))
    assert with_next_check(once, RETENTION).due_at == NOW + RETENTION.late_bytes


def test_a_draft_does_not_grow_however_often_files_are_added_and_removed() -> None:
    state = draft()
    for number in range(5 * MAX_SECOND_REMOVALS):
        state, file = with_announced_file(state, "a.txt", 5)
        state = purged(without_file(state, file, NOW), NOW)
        assert len(state.pending_removals) == min(number + 1, MAX_SECOND_REMOVALS)
    state, file = with_announced_file(state, "a.txt", 5)
    latest = without_file(state, file, NOW).pending_removals[-1]
    assert latest.key in {left.key for left in purged(without_file(state, file, NOW)).pending_removals}


def test_no_file_is_added_while_as_many_wait_for_their_removal_as_a_draft_may_hold() -> None:
    limits = LIMITS.model_copy(update={"files": 3})
    state = draft()
    for _ in range(3):
        state, file = with_announced_file(state, "a.txt", 5)
        state = without_file(state, file, NOW)
    asked = Announcement(path="b.txt", size_bytes=5)
    with pytest.raises(RemovalsUnderWay):
        new_file(state, asked, "key", None, limits)
    assert new_file(purged(state), asked, "key", None, limits).path == "b.txt"


def test_every_file_of_a_closed_transfer_is_removed_a_second_time() -> None:
    gone = purged(discard(ready(files=MAX_SECOND_REMOVALS + 1), NOW))
    assert len(gone.pending_removals) == MAX_SECOND_REMOVALS + 1


def test_an_overdue_transfer_expires_without_an_announced_end() -> None:
    state = submitted()
    assert apply_time(state, RETENTION, NOW + 8 * DAY) is state
    assert apply_time(state, RETENTION, NOW + 9 * DAY).outcome == "expired"


def test_the_history_of_a_transfer_is_kept_for_a_year() -> None:
    clean = purged(purged(withdraw(submitted(), NOW)[0], NOW + HOUR), NOW + DAY)
    assert not is_forgettable(clean, RETENTION, NOW + 364 * DAY)
    assert is_forgettable(clean, RETENTION, NOW + 365 * DAY)


@given(st.lists(st.sampled_from(["withdraw", *OUTCOMES]), min_size=1, max_size=8))
def test_a_transfer_ends_in_exactly_one_way(steps: list[str]) -> None:
    state = submitted()
    for step in steps:
        state = withdraw(state, NOW)[0] if step == "withdraw" else close(state, step, NOW, NOW)  # type: ignore[arg-type]
    assert state.state == "closed"
    assert state.outcome in get_args(Outcome)
    assert len(state.pending_removals) == 1


def test_an_extension_counts_from_the_submission_and_a_repetition_changes_nothing() -> None:
    state = submitted()
    longer, (event,) = extend(state, 14, LIMITS, NOW + 6 * DAY)
    assert isinstance(event, TransferExtended)
    assert longer.ends_at == event.ends_at == NOW + 14 * DAY
    assert (longer.validity_days, event.extended_at) == (14, NOW + 6 * DAY)
    assert extend(longer, 14, LIMITS, NOW + 6 * DAY) == (longer, [])
    assert with_next_check(longer, RETENTION).due_at == NOW + 14 * DAY + RETENTION.overdue


@pytest.mark.parametrize(
    ("days", "refusal"), [(6, ValidityShortened), (15, ValidityOutOfRange), (0, ValidityOutOfRange)]
)
def test_a_validity_is_never_shortened_and_never_over_the_limit(days: int, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        extend(submitted(), days, LIMITS, NOW)


def test_of_an_extension_and_an_end_the_first_one_counts() -> None:
    state, end = submitted(), NOW + 7 * DAY
    longer, _ = extend(state, 8, LIMITS, end - HOUR / 3600)
    assert longer.ends_at == NOW + 8 * DAY
    with pytest.raises(TransferEnded):
        extend(state, 8, LIMITS, end)
    assert expire(longer, end, end + HOUR) is longer, "the expiry is from before the extension"
    assert expire(longer, NOW + 8 * DAY, NOW + 8 * DAY).outcome == "expired"


def test_neither_a_draft_nor_a_closed_transfer_is_extended() -> None:
    with pytest.raises(NotFound):
        extend(ready(), 14, LIMITS, NOW)
    for ended in (withdraw(submitted(), NOW)[0], close(submitted(), "refused", NOW, NOW)):
        with pytest.raises(TransferEnded) as refused:
            extend(ended, 14, LIMITS, NOW)
        assert refused.value.members == {"outcome": ended.outcome}


class LifecycleMachine(RuleBasedStateMachine):
    """Any rule may be applied at any time; the invariants hold."""

    def __init__(self) -> None:
        super().__init__()
        self.state = draft()
        self.now = NOW
        self.bucket: set[str] = set()
        self.announced: list[object] = []

    @rule(size=st.integers(0, 20))
    def add_a_file(self, size: int) -> None:
        if self.state.state == "draft":
            self.state = with_complete_file(self.state, "a.txt", b"x" * size)
            self.bucket |= {file.key for file in self.state.files.values()}

    @rule()
    def announce_a_file(self) -> None:
        if self.state.state == "draft":
            self.state, _ = with_announced_file(self.state, "b.txt", 5)

    @precondition(lambda self: self.state.state == "draft" and self.state.files)
    @rule()
    def remove_a_file(self) -> None:
        self.state = without_file(self.state, next(iter(self.state.files)), self.now)

    @rule()
    def fill_in(self) -> None:
        if self.state.state == "draft":
            self.state = self.state.evolve(to=("a@ministere.example",), subject="s")

    @rule()
    def send(self) -> None:
        try:
            self.state, events = submit(self.state, EXTERNAL, LIMITS, AGENTS, self.now)
        except Refusal:
            return
        self.announced += events

    @rule()
    def withdraw(self) -> None:
        self.state, events = withdraw(self.state, self.now)
        self.announced += events

    @rule()
    def find_a_mismatch(self) -> None:
        self.state, events = quarantine(self.state, list(self.state.files), RETENTION, self.now)
        self.announced += events

    @rule(outcome=st.sampled_from(OUTCOMES))
    def handle_an_end(self, outcome: Outcome) -> None:
        self.state = close(self.state, outcome, self.now, self.now)

    @rule(days=st.integers(3, 14))
    def ask_for_an_extension(self, days: int) -> None:
        try:
            self.state, events = extend(self.state, days, LIMITS, self.now)
        except Refusal:
            return
        assert self.state.ends_at
        assert self.state.ends_at > self.now
        self.announced += events

    @rule(hours=st.integers(0, 24 * 14))
    def handle_an_expiry(self, hours: int) -> None:
        before, at = self.state, self.now - hours * HOUR
        self.state = expire(self.state, at, self.now)
        assert self.state is before or (before.ends_at is not None and before.ends_at <= at)

    @rule()
    def discard(self) -> None:
        self.state = discard(self.state, self.now)

    @rule()
    def sweep(self) -> None:
        self.state = apply_time(self.state, RETENTION, self.now)
        keys = {left.key for left in due_removals(self.state, self.now)}
        self.bucket -= keys
        self.state = after_removal(self.state, keys, RETENTION, self.now)
        due_at = with_next_check(self.state, RETENTION).due_at
        assert due_at is not None
        assert due_at > self.now or is_forgettable(self.state, RETENTION, self.now), "no check is without effect"

    @rule(hours=st.integers(1, 24 * 5))
    def wait(self, hours: int) -> None:
        self.now += hours * HOUR

    @invariant()
    def each_event_is_announced_at_most_once(self) -> None:
        for kind in (TransferSubmitted, TransferWithdrawn, TransferQuarantined):
            assert sum(isinstance(event, kind) for event in self.announced) <= 1

    @invariant()
    def what_was_sent_keeps_its_bytes_until_it_ends(self) -> None:
        if self.state.state == "submitted":
            assert {file.key for file in self.state.files.values()} <= self.bucket
            assert all(file.state == "complete" for file in self.state.files.values())

    @invariant()
    def every_object_is_referred_to(self) -> None:
        known = {file.key for file in self.state.files.values()} | {left.key for left in self.state.pending_removals}
        assert self.bucket <= known

    @invariant()
    def purged_means_gone(self) -> None:
        if self.state.purged_at:
            assert not self.bucket

    @invariant()
    def it_has_a_next_check(self) -> None:
        assert with_next_check(self.state, RETENTION).due_at is not None
        assert (self.state.outcome is not None) == (self.state.state == "closed")


TestLifecycle = LifecycleMachine.TestCase
