"""What is heard of a transfer changes its mails the same way, in whatever order and however often it is heard."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import permutations

import pytest

from services.notify.domain import Mail, NotDue, accept, claim
from services.notify.standing import Standing
from tests.unit.notify.letters import AT
from tests.unit.notify.test_notify_rules import HOUR, MAIL

Heard = Callable[[Standing], Standing]
ENDS_AT = AT + 24 * HOUR
STANDING = Standing(id="t")
WAITING = MAIL.evolve(useless_after=ENDS_AT)
BEFORE = AT - HOUR
END: Heard = lambda one: one.end(AT)  # noqa: E731
DECIDE: Heard = lambda one: one.decide(AT)  # noqa: E731
EXPIRE: Heard = lambda one: one.expire(AT)  # noqa: E731
EXTEND: Heard = lambda one: one.until(AT + 48 * HOUR)  # noqa: E731
REVOKE: Heard = lambda one: one.without(MAIL.recipient, AT)  # noqa: E731


def every_order(mail: Mail, heard: Sequence[Heard], now: datetime) -> list[Mail]:
    """What becomes of a mail that is called for before, between and after what is heard, each of which comes twice."""
    found = set()
    for order in permutations(heard):
        for called_for in range(len(order) + 1):
            standing, there = Standing(id="t"), None
            for position, change in enumerate([*order, *order]):
                if position == called_for:
                    there = standing.applied(mail, now)[0]
                standing = change(standing)
                there = standing.applied(there, now)[0] if there else None
            found.add(there.model_dump_json() if there else "")
    return [Mail.model_validate_json(json) for json in found]


@pytest.mark.parametrize("kind", ["link", "reminder", "extended", "to_approve"])
@pytest.mark.parametrize("also", [(), (EXTEND,), (REVOKE,), (DECIDE,), (EXPIRE, EXTEND)])
def test_a_mail_about_a_right_of_a_transfer_that_has_ended_is_dropped(kind: str, also: tuple[Heard, ...]) -> None:
    (gone,) = every_order(WAITING.evolve(kind=kind), [END, *also], AT)
    assert gone.state == "dropped"
    assert "secret" not in gone.model_dump_json()
    assert "@" not in gone.model_dump_json()


@pytest.mark.parametrize("kind", ["sent", "waiting", "decided", "downloaded", "withdrawn", "undeliverable"])
def test_the_news_of_a_transfer_that_has_ended_still_leaves(kind: str) -> None:
    news = MAIL.evolve(kind=kind)
    assert every_order(news, [END, DECIDE, EXPIRE], AT) == [news]


def test_once_an_agent_has_vouched_only_those_who_would_be_asked_get_no_mail() -> None:
    (asked,) = every_order(WAITING.evolve(kind="to_approve"), [DECIDE], AT)
    assert asked.state == "dropped"
    assert every_order(WAITING, [DECIDE], AT) == [WAITING]


def test_after_an_expiry_a_mail_about_a_link_does_not_leave_unless_an_extension_outlives_it() -> None:
    for kind in ("link", "reminder", "extended"):
        mail = WAITING.evolve(kind=kind)
        for standing in (EXPIRE(STANDING), EXPIRE(EXPIRE(STANDING)), STANDING.until(BEFORE).expire(AT)):
            assert standing.departing(mail, BEFORE)[0].state == "dropped"
        assert STANDING.expire(AT).until(BEFORE).departing(mail, BEFORE)[0].state == "dropped"
        assert every_order(mail, [EXPIRE, EXTEND], AT) == [mail.evolve(useless_after=AT + 48 * HOUR)]
        for standing in (EXTEND(EXPIRE(STANDING)), EXPIRE(EXTEND(STANDING))):
            assert standing.departing(mail, AT)[0].state == "waiting"


def test_what_departs_too_late_by_the_clock_is_given_up() -> None:
    assert STANDING.departing(WAITING, ENDS_AT)[0].state == "failed"
    assert STANDING.departing(WAITING, ENDS_AT - HOUR)[0].state == "waiting"


def test_a_mail_whose_recipient_was_revoked_is_dropped_with_what_it_says() -> None:
    gone, events = Standing(id="t").without(MAIL.recipient, AT).applied(MAIL, AT)
    assert (gone.state, events) == ("dropped", [])
    assert "secret" not in gone.model_dump_json()
    assert "@" not in gone.model_dump_json()
    with pytest.raises(NotDue):
        claim(gone, AT + HOUR)


def test_only_what_brings_the_revoked_one_a_right_is_dropped() -> None:
    standing = Standing(id="t").without(MAIL.recipient, AT)
    for other in (MAIL.evolve(recipient="autre@ville.example"), MAIL.evolve(kind="sent")):
        assert standing.applied(other, AT) == (other, [])
    sent = accept(claim(MAIL, AT)[0], MAIL.recipient, AT)[0]
    assert standing.applied(sent, AT) == (sent, [])


def test_what_is_heard_of_a_transfer_comes_to_one_state_and_names_nobody() -> None:
    changes: list[Callable[[Standing], Standing]] = [
        lambda one: one.without("a@b.example", AT),
        lambda one: one.without("c@d.example", AT + HOUR),
        lambda one: one.until(AT + 48 * HOUR),
        lambda one: one.until(AT + 24 * HOUR),
        lambda one: one.expire(AT + HOUR),
    ]
    ends = set()
    for order in permutations(changes):
        standing = Standing(id="t")
        for change in (*order, order[0]):
            standing = change(standing)
        ends.add(standing.model_dump_json())
    (end,) = ends
    assert "@" not in end
    assert Standing.model_validate_json(end).ends_at == AT + 48 * HOUR


def test_a_question_whose_last_external_recipient_was_revoked_is_dropped() -> None:
    question = WAITING.evolve(kind="to_approve", outsiders=("a@firme.example", "b@firme.example"))
    revoke_a: Heard = lambda one: one.without("a@firme.example", AT)  # noqa: E731
    revoke_b: Heard = lambda one: one.without("b@firme.example", AT)  # noqa: E731
    assert every_order(question, [revoke_a], AT) == [question]
    (gone,) = every_order(question, [revoke_a, revoke_b], AT)
    assert (gone.state, gone.outsiders) == ("dropped", ())
    assert revoke_b(revoke_a(STANDING)).departing(question, AT)[0].state == "dropped"
