"""When a mail is tried, given up, told, and forgotten (R25, R28, R30)."""

from datetime import timedelta

import pytest

from services.contracts.notify import MailStateChanged
from services.contracts.values import Person, TransferReference
from services.kit.aggregate import Decision
from services.notify.domain import (
    LEASE,
    Digest,
    Mail,
    NotDue,
    accept,
    begin_digest,
    claim,
    delay,
    drop,
    fail,
    give_back,
    mail_id,
    settle,
    turn,
    wait_after,
)
from services.notify.post.breaker import Breaker
from tests.unit.notify.letters import AT

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
    words={"link": "secret"},
    blame=REFERENCE,
)
HOUR = timedelta(hours=1)


def states(decision: Decision[Mail]) -> list[str]:
    return [event.state for event in decision[1] if isinstance(event, MailStateChanged)]


def test_the_waits_are_1_5_15_30_60_minutes_and_then_hourly() -> None:
    minutes = [wait_after(failures, 0).total_seconds() / 60 for failures in range(1, 9)]
    assert minutes == [1, 5, 15, 30, 60, 60, 60, 60]
    assert wait_after(1, 1) == timedelta(seconds=66)


def test_a_mail_is_tried_for_two_days_and_then_given_up() -> None:
    mail, now, told = MAIL, AT, []
    attempts = 0
    while mail.state == "waiting":
        mail, _ = claim(mail, now)
        mail, events = delay(mail, "451 later", 0.5, now)
        told += states((mail, events))
        attempts += 1
        now = mail.next_at or now
    assert told == ["delayed", "failed"]
    assert 45 <= attempts <= 55
    assert mail.reason == "451 later"


def test_a_mail_is_not_tried_past_the_end_of_what_it_announces() -> None:
    mail, _ = claim(MAIL.evolve(useless_after=AT + timedelta(minutes=4)), AT)
    mail, _ = delay(mail, "451", 0, AT)
    assert mail.state == "waiting"
    mail, events = delay(mail, "451", 0, AT + timedelta(minutes=1))
    assert states((mail, events)) == ["failed"]


def test_a_mail_whose_end_has_passed_before_anybody_took_it_is_not_sent() -> None:
    mail, events = claim(MAIL.evolve(useless_after=AT), AT + HOUR)
    assert mail.state == "failed"
    assert states((mail, events)) == ["failed"]


def test_two_postmen_do_not_have_the_same_mail_in_hand_and_a_dead_one_gives_it_up() -> None:
    mail, _ = claim(MAIL, AT)
    with pytest.raises(NotDue):
        claim(mail, AT + LEASE / 2)
    again, _ = claim(mail, AT + LEASE)
    assert again.since == AT


def test_what_is_sent_is_forgotten_with_its_secrets_and_its_address() -> None:
    mail, events = accept(claim(MAIL, AT)[0], MAIL.recipient, AT)
    assert states((mail, events)) == ["accepted"]
    assert "secret" not in mail.model_dump_json()
    assert "@" not in mail.model_dump_json()
    with pytest.raises(NotDue):
        claim(mail, AT + HOUR)
    assert accept(mail, MAIL.recipient, AT) == (mail, [])
    assert delay(mail, "451", 0, AT) == (mail, [])


def test_a_mail_of_no_transfer_announces_nothing() -> None:
    alone = MAIL.evolve(transfer="", blame=None)
    assert accept(alone, MAIL.recipient, AT)[1] == []
    assert fail(alone, "550", AT)[1] == []


def test_a_failure_owes_the_sender_the_news_until_it_is_settled() -> None:
    failed, _ = fail(MAIL, "550 no such user", AT)
    assert claim(failed, AT)[0].blame == REFERENCE
    done, events = settle(failed, AT)
    assert events == []
    assert done.next_at is None
    assert "@" not in done.model_dump_json()
    assert fail(MAIL.evolve(blame=None), "550", AT)[0].next_at is None


def test_a_relay_that_is_away_costs_the_mail_nothing_but_its_two_days() -> None:
    mail, events = give_back(claim(MAIL, AT)[0], "nobody", AT)
    assert (mail.failures, states((mail, events))) == (0, ["delayed"])
    mail, events = give_back(claim(mail, AT + HOUR)[0], "nobody", AT + HOUR)
    assert states((mail, events)) == []
    mail, events = claim(mail, AT + timedelta(hours=48))
    assert states((mail, events)) == ["failed"]


def test_a_mail_that_was_dropped_during_its_transaction_is_recorded_as_accepted() -> None:
    gone, _ = drop(claim(MAIL, AT)[0], AT)
    left, (event,) = accept(gone, MAIL.recipient, AT)
    assert isinstance(event, MailStateChanged)
    assert (left.state, event.state, event.recipient) == ("accepted", "accepted", MAIL.recipient)
    assert "@" not in left.model_dump_json()
    assert delay(gone, "451", 0, AT) == (gone, [])
    assert fail(gone, "550", AT) == (gone, [])


def test_the_name_of_a_mail_is_derived_and_holds_no_address() -> None:
    one = mail_id("link", "t", "sacha@ville.example")
    assert one == mail_id("link", "t", "sacha@ville.example")
    assert one != mail_id("link", "t", "sacha@ville.example", "1")
    assert "@" not in one
    assert one.startswith("link:t:")


def test_the_breaker_lets_one_mail_look_for_a_relay_that_was_away() -> None:
    seconds = [0.0]
    breaker = Breaker(lambda: seconds[0])
    assert breaker.free_hands(4, 1) == 3
    for _ in range(4):
        breaker.missed()
    assert breaker.free_hands(4, 0) == 0
    seconds[0] = 1.0
    assert breaker.free_hands(4, 0) == 1
    assert breaker.free_hands(4, 1) == 0
    breaker.missed()
    seconds[0] = 2.5
    assert breaker.free_hands(4, 0) == 0
    breaker.reached()
    assert breaker.free_hands(4, 0) == 4


def test_a_relay_that_stays_away_is_tried_twice_a_minute_at_most() -> None:
    seconds, tries = [0.0], 0
    breaker = Breaker(lambda: seconds[0])
    while seconds[0] < 7200:
        if breaker.free_hands(4, 0):
            tries += 1
            breaker.missed()
        seconds[0] += 1
    assert tries <= 250


def test_the_daily_mail_is_due_a_day_after_the_first_download_that_waits_for_it() -> None:
    digest, _ = begin_digest(Digest(id="t", reference=REFERENCE), AT)
    assert digest.due_at == AT + timedelta(days=1)
    assert begin_digest(digest, AT + HOUR) == (digest, [])


def test_a_window_is_closed_once_and_told_before_the_next_day_begins() -> None:
    digest, _ = begin_digest(Digest(id="t", reference=REFERENCE), AT)
    closing, _ = turn(digest, digest, AT)
    assert (closing.window, closing.closing) == (2, 1)
    assert turn(closing, digest, AT) == (closing, [])
    told, _ = turn(closing, closing, AT)
    assert (told.window, told.closing, told.due_at) == (2, 0, AT + timedelta(days=1))
