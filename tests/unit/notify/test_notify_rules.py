"""When a mail is tried, fails, is reported, and is forgotten (R25, R28, R30)."""

from datetime import timedelta

import pytest

from services.contracts.notify import MailStateChanged
from services.contracts.values import Person, TransferReference
from services.kit.aggregate import Decision
from services.notify.domain import (
    CLAIM_LEASE,
    DUE_NOW,
    AlreadyClaimed,
    DailySummary,
    Mail,
    accept,
    cancel,
    claim,
    delay,
    fail,
    mail_id,
    mark_sender_notified,
    release,
    requeue,
    retry_delay,
    roll_window,
    schedule_summary,
)
from services.notify.smtp.circuit_breaker import CircuitBreaker
from tests.unit.notify.contexts import AT

REFERENCE = TransferReference(
    transfer="t",
    sender=Person(address="maire@ville.example"),
    sender_role="external",
    subject="Plans",
    language="fr",
)
MAIL = Mail(
    id="link:t:1",
    kind="link",
    language="fr",
    transfer="t",
    recipient="sacha@ville.example",
    context={"link": "secret"},
    notify_on_failure=REFERENCE,
)
HOUR = timedelta(hours=1)


def states(decision: Decision[Mail]) -> list[str]:
    return [event.state for event in decision[1] if isinstance(event, MailStateChanged)]


def test_the_waits_are_1_5_15_30_60_minutes_and_then_hourly() -> None:
    minutes = [retry_delay(failures, 0).total_seconds() / 60 for failures in range(1, 9)]
    assert minutes == [1, 5, 15, 30, 60, 60, 60, 60]
    assert retry_delay(1, 1) == timedelta(seconds=66)


def test_a_mail_is_tried_for_two_days_and_then_given_up() -> None:
    mail, now, published = MAIL, AT, []
    attempts = 0
    while mail.state == "waiting":
        mail, _ = claim(mail, now)
        mail, events = delay(mail, "451 later", 0.5, now)
        published += states((mail, events))
        attempts += 1
        now = mail.next_at or now
    assert published == ["delayed", "failed"]
    assert 45 <= attempts <= 55
    assert mail.reason == "451 later"


def test_a_mail_is_not_tried_past_the_end_of_what_it_announces() -> None:
    mail, _ = claim(MAIL.evolve(expires_at=AT + timedelta(minutes=4)), AT)
    mail, _ = delay(mail, "451", 0, AT)
    assert mail.state == "waiting"
    mail, events = delay(mail, "451", 0, AT + timedelta(minutes=1))
    assert states((mail, events)) == ["failed"]


def test_a_mail_that_expired_before_it_was_claimed_is_not_sent() -> None:
    mail, events = claim(MAIL.evolve(expires_at=AT), AT + HOUR)
    assert mail.state == "failed"
    assert states((mail, events)) == ["failed"]


def test_a_claimed_mail_cannot_be_claimed_again_until_its_lease_ends() -> None:
    mail, _ = claim(MAIL, AT)
    with pytest.raises(AlreadyClaimed):
        claim(mail, AT + CLAIM_LEASE / 2)
    again, _ = claim(mail, AT + CLAIM_LEASE)
    assert again.first_attempt_at == AT


def test_a_sent_mail_keeps_no_secret_and_no_address() -> None:
    mail, events = accept(claim(MAIL, AT)[0], MAIL.recipient, AT)
    assert states((mail, events)) == ["accepted"]
    assert "secret" not in mail.model_dump_json()
    assert "@" not in mail.model_dump_json()
    with pytest.raises(AlreadyClaimed):
        claim(mail, AT + HOUR)
    assert accept(mail, MAIL.recipient, AT) == (mail, [])
    assert delay(mail, "451", 0, AT) == (mail, [])


def test_a_mail_about_no_transfer_publishes_no_event() -> None:
    alone = MAIL.evolve(transfer="", notify_on_failure=None)
    assert accept(alone, MAIL.recipient, AT)[1] == []
    assert fail(alone, "550", AT)[1] == []


def test_a_failed_mail_stays_due_until_its_sender_is_notified() -> None:
    failed, _ = fail(MAIL, "550 no such user", AT)
    assert claim(failed, AT)[0].notify_on_failure == REFERENCE
    done, events = mark_sender_notified(failed, AT)
    assert events == []
    assert done.next_at is None
    assert "@" not in done.model_dump_json()
    assert fail(MAIL.evolve(notify_on_failure=None), "550", AT)[0].next_at is None


def test_an_unreachable_relay_counts_no_attempt_but_the_two_days_go_on() -> None:
    mail, events = requeue(claim(MAIL, AT)[0], "nobody", AT)
    assert (mail.failures, states((mail, events))) == (0, ["delayed"])
    mail, events = requeue(claim(mail, AT + HOUR)[0], "nobody", AT + HOUR)
    assert states((mail, events)) == []
    mail, events = claim(mail, AT + timedelta(hours=48))
    assert states((mail, events)) == ["failed"]


def test_a_claimed_mail_that_is_held_is_due_at_once_and_counts_no_attempt() -> None:
    held, events = release(claim(MAIL, AT)[0], AT)
    assert (held.next_at, held.failures, held.delayed, list(events)) == (DUE_NOW, 0, False, [])
    cancelled = cancel(held, AT)[0]
    assert release(cancelled, AT) == (cancelled, [])


def test_a_mail_that_was_cancelled_during_its_transaction_is_recorded_as_accepted() -> None:
    gone, _ = cancel(claim(MAIL, AT)[0], AT)
    left, (event,) = accept(gone, MAIL.recipient, AT)
    assert isinstance(event, MailStateChanged)
    assert (left.state, event.state, event.recipient) == ("accepted", "accepted", MAIL.recipient)
    assert "@" not in left.model_dump_json()
    assert delay(gone, "451", 0, AT) == (gone, [])
    assert fail(gone, "550", AT) == (gone, [])


def test_the_id_of_a_mail_is_derived_and_contains_no_address() -> None:
    one = mail_id("link", "t", "sacha@ville.example")
    assert one == mail_id("link", "t", "sacha@ville.example")
    assert one != mail_id("link", "t", "sacha@ville.example", "1")
    assert "@" not in one
    assert one.startswith("link:t:")


def test_an_open_breaker_permits_one_mail_at_a_time_as_a_probe() -> None:
    seconds = [0.0]
    breaker = CircuitBreaker(lambda: seconds[0])
    assert breaker.permits(4, 1) == 3
    for _ in range(4):
        breaker.record_failure()
    assert breaker.permits(4, 0) == 0
    seconds[0] = 1.0
    assert breaker.permits(4, 0) == 1
    assert breaker.permits(4, 1) == 0
    breaker.record_failure()
    seconds[0] = 2.5
    assert breaker.permits(4, 0) == 0
    breaker.record_success()
    assert breaker.permits(4, 0) == 4


def test_an_unreachable_relay_is_tried_twice_a_minute_at_most() -> None:
    seconds, tries = [0.0], 0
    breaker = CircuitBreaker(lambda: seconds[0])
    while seconds[0] < 7200:
        if breaker.permits(4, 0):
            tries += 1
            breaker.record_failure()
        seconds[0] += 1
    assert tries <= 250


def test_the_daily_summary_is_due_a_day_after_the_first_download_in_it() -> None:
    summary, _ = schedule_summary(DailySummary(id="t", reference=REFERENCE), AT)
    assert summary.due_at == AT + timedelta(days=1)
    assert schedule_summary(summary, AT + HOUR) == (summary, [])


def test_a_window_is_closed_once_and_summarised_before_the_next_day_begins() -> None:
    summary, _ = schedule_summary(DailySummary(id="t", reference=REFERENCE), AT)
    closing, _ = roll_window(summary, summary, AT)
    assert (closing.window, closing.closing) == (2, 1)
    assert roll_window(closing, summary, AT) == (closing, [])
    next_day, _ = roll_window(closing, closing, AT)
    assert (next_day.window, next_day.closing, next_day.due_at) == (2, 0, AT + timedelta(days=1))
