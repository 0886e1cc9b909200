"""Events about a transfer change its mails the same way, in whatever order and however often they arrive."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import permutations

import pytest

from services.notify.domain import AlreadyClaimed, Mail, accept, claim
from services.notify.transfer_status import TransferStatus
from tests.unit.notify.contexts import AT
from tests.unit.notify.test_notify_rules import HOUR, MAIL

Change = Callable[[TransferStatus], TransferStatus]
ENDS_AT = AT + 24 * HOUR
STATUS = TransferStatus(id="t")
WAITING = MAIL.evolve(expires_at=ENDS_AT)
BEFORE = AT - HOUR
END: Change = lambda one: one.end(AT)  # noqa: E731
APPROVE: Change = lambda one: one.approve(AT)  # noqa: E731
EXPIRE: Change = lambda one: one.expire(AT)  # noqa: E731
EXTEND: Change = lambda one: one.extend(AT + 48 * HOUR)  # noqa: E731
REVOKE: Change = lambda one: one.revoke(MAIL.recipient, AT)  # noqa: E731


def every_order(mail: Mail, changes: Sequence[Change], now: datetime) -> list[Mail]:
    """What becomes of a mail that is created before, between and after the changes, each of which is made twice."""
    found = set()
    for order in permutations(changes):
        for created_at in range(len(order) + 1):
            status, stored = TransferStatus(id="t"), None
            for position, change in enumerate([*order, *order]):
                if position == created_at:
                    stored = status.apply(mail, now)[0]
                status = change(status)
                stored = status.apply(stored, now)[0] if stored else None
            found.add(stored.model_dump_json() if stored else "")
    return [Mail.model_validate_json(json) for json in found]


@pytest.mark.parametrize("kind", ["link", "reminder", "extended", "to_approve"])
@pytest.mark.parametrize("also", [(), (EXTEND,), (REVOKE,), (APPROVE,), (EXPIRE, EXTEND)])
def test_a_mail_about_a_right_of_a_transfer_that_has_ended_is_cancelled(kind: str, also: tuple[Change, ...]) -> None:
    (gone,) = every_order(WAITING.evolve(kind=kind), [END, *also], AT)
    assert gone.state == "cancelled"
    assert "secret" not in gone.model_dump_json()
    assert "@" not in gone.model_dump_json()


@pytest.mark.parametrize("kind", ["sent", "waiting", "decided", "downloaded", "withdrawn", "undeliverable"])
def test_the_news_of_a_transfer_that_has_ended_is_still_sent(kind: str) -> None:
    news = MAIL.evolve(kind=kind)
    assert every_order(news, [END, APPROVE, EXPIRE], AT) == [news]


def test_after_an_approval_only_the_requests_for_approval_are_cancelled() -> None:
    (asked,) = every_order(WAITING.evolve(kind="to_approve"), [APPROVE], AT)
    assert asked.state == "cancelled"
    assert every_order(WAITING, [APPROVE], AT) == [WAITING]


def test_after_an_expiry_a_mail_about_a_link_is_not_sent_unless_an_extension_outlives_it() -> None:
    for kind in ("link", "reminder", "extended"):
        mail = WAITING.evolve(kind=kind)
        for status in (EXPIRE(STATUS), EXPIRE(EXPIRE(STATUS)), STATUS.extend(BEFORE).expire(AT)):
            assert status.apply_before_sending(mail, BEFORE)[0].state == "cancelled"
        assert STATUS.expire(AT).extend(BEFORE).apply_before_sending(mail, BEFORE)[0].state == "cancelled"
        assert every_order(mail, [EXPIRE, EXTEND], AT) == [mail.evolve(expires_at=AT + 48 * HOUR)]
        for status in (EXTEND(EXPIRE(STATUS)), EXPIRE(EXTEND(STATUS))):
            assert status.apply_before_sending(mail, AT)[0].state == "waiting"


def test_a_mail_past_its_end_fails_just_before_sending() -> None:
    assert STATUS.apply_before_sending(WAITING, ENDS_AT)[0].state == "failed"
    assert STATUS.apply_before_sending(WAITING, ENDS_AT - HOUR)[0].state == "waiting"


def test_a_mail_whose_recipient_was_revoked_is_cancelled_and_keeps_no_content() -> None:
    gone, events = TransferStatus(id="t").revoke(MAIL.recipient, AT).apply(MAIL, AT)
    assert (gone.state, events) == ("cancelled", [])
    assert "secret" not in gone.model_dump_json()
    assert "@" not in gone.model_dump_json()
    with pytest.raises(AlreadyClaimed):
        claim(gone, AT + HOUR)


def test_only_mails_that_give_the_revoked_recipient_a_right_are_cancelled() -> None:
    status = TransferStatus(id="t").revoke(MAIL.recipient, AT)
    for other in (MAIL.evolve(recipient="autre@ville.example"), MAIL.evolve(kind="sent")):
        assert status.apply(other, AT) == (other, [])
    sent = accept(claim(MAIL, AT)[0], MAIL.recipient, AT)[0]
    assert status.apply(sent, AT) == (sent, [])


def test_events_in_any_order_lead_to_one_status_without_addresses() -> None:
    changes: list[Callable[[TransferStatus], TransferStatus]] = [
        lambda one: one.revoke("a@b.example", AT),
        lambda one: one.revoke("c@d.example", AT + HOUR),
        lambda one: one.extend(AT + 48 * HOUR),
        lambda one: one.extend(AT + 24 * HOUR),
        lambda one: one.expire(AT + HOUR),
    ]
    ends = set()
    for order in permutations(changes):
        status = TransferStatus(id="t")
        for change in (*order, order[0]):
            status = change(status)
        ends.add(status.model_dump_json())
    (end,) = ends
    assert "@" not in end
    assert TransferStatus.model_validate_json(end).ends_at == AT + 48 * HOUR


def test_a_request_whose_last_external_recipient_was_revoked_is_cancelled() -> None:
    request = WAITING.evolve(kind="to_approve", external_addresses=("a@firme.example", "b@firme.example"))
    revoke_a: Change = lambda one: one.revoke("a@firme.example", AT)  # noqa: E731
    revoke_b: Change = lambda one: one.revoke("b@firme.example", AT)  # noqa: E731
    assert every_order(request, [revoke_a], AT) == [request]
    (gone,) = every_order(request, [revoke_a, revoke_b], AT)
    assert (gone.state, gone.external_addresses) == ("cancelled", ())
    assert revoke_b(revoke_a(STATUS)).apply_before_sending(request, AT)[0].state == "cancelled"
