"""When mails about a right are held: while the broker does not answer, and until the other services have caught up."""

import pytest

from services.notify.hold import SETTLING_SECONDS, Hold


def after(*answers: tuple[bool, float]) -> Hold:
    hold = Hold()
    for answered, now in answers:
        hold.record(answered, now)
    return hold


def test_mails_are_held_until_the_first_answer_and_no_longer() -> None:
    assert after().on
    assert not after((True, 0)).on


def test_a_broker_that_does_not_answer_once_holds_mails_at_once() -> None:
    assert after((True, 0), (False, 5)).on


@pytest.mark.parametrize("first", [[], [(True, 0.0)]])
def test_after_a_failure_they_are_held_until_the_broker_has_answered_for_the_settling_time(
    first: list[tuple[bool, float]],
) -> None:
    begin = [*first, (False, 50.0), (True, 100.0)]
    assert after(*begin).on
    assert after(*begin, (True, 100 + SETTLING_SECONDS - 1)).on
    assert not after(*begin, (True, 100 + SETTLING_SECONDS)).on


def test_another_failure_begins_the_settling_time_again() -> None:
    again = [(False, 0.0), (True, 10.0), (False, 20.0), (True, 30.0)]
    assert after(*again, (True, 30 + SETTLING_SECONDS - 1)).on
    assert not after(*again, (True, 30 + SETTLING_SECONDS)).on
