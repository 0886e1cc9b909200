"""What a sender may still change: who may download, until when, and which mails are sent again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from services.contracts.download import LinkExtended, LinkIssued, LinkLeftUnused, RecipientRevoked
from services.contracts.values import Parcel, Person, Recipient, Role, TransferReference
from services.download.domain import mails
from services.download.domain.contents import Contents, summary_of
from services.download.domain.delivery import Delivery
from services.download.domain.download import GetProgress, GetStart
from services.download.domain.link import FileAttempt, Link
from services.download.domain.mails import LinkMailContent, issue
from services.download.domain.policy import DownloadPolicy
from services.download.domain.refusals import (
    EverythingDownloaded,
    LastApproverNeeded,
    LinkExpired,
    LinkRevoked,
    RemindedLately,
    ResentLately,
    ResentOften,
    TransferDeleted,
)
from tests.unit.download.sent_files import sent

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ENDS_AT, KEEP, POLICY = NOW + 7 * DAY, timedelta(days=365), DownloadPolicy()
ANNE = Recipient(address="anne@mairie.example", field="to", role="external")
BEA = Recipient(address="bea@firme.example", field="cc", role="external")
BRUNO = Recipient(address="bruno@ministere.example", field="to", role="agent")
CLAUDE = Recipient(address="claude@ministere.example", field="to", role="agent")
FILE = sent("a.txt", b"a")
ATTEMPT = FileAttempt(summary_of(FILE), FILE.file, "d")
LINKED = frozenset({BRUNO.address, CLAUDE.address})


def reference(role: Role = "external") -> TransferReference:
    sender = Person(address="camille@ville.example", name="Camille")
    return TransferReference(transfer="t", sender=sender, sender_role=role, subject="Plans", language="fr")


def contents() -> Contents:
    parcel = Parcel(
        **dict(reference()), recipients=(ANNE,), text="Bonjour", files=(FILE,), submitted_at=NOW, ends_at=ENDS_AT
    )
    return Contents.of(parcel)


def delivery(role: Role = "external") -> Delivery:
    return Delivery(id="t").release(reference(role), ENDS_AT, KEEP)


def link() -> Link:
    return issue("l", "token", ANNE, contents(), POLICY, ENDS_AT, NOW)[0]


def content() -> LinkMailContent:
    return LinkMailContent("token", "Bonjour", contents().summaries())


def downloaded(state: Link, now: datetime = NOW) -> Link:
    state, _ = ATTEMPT.start(state, now)
    state, _ = ATTEMPT.fetch(state, GetStart("g", (0, 1), 1), now)
    return ATTEMPT.progress(state, GetProgress("g", 1, 1), now)[0]


# --- revoking ---


def test_who_is_revoked_is_refused_and_the_others_are_not() -> None:
    after, (event,) = delivery().revoke(ANNE, (ANNE, BEA, BRUNO), LINKED, NOW)
    assert isinstance(event, RecipientRevoked)
    assert (event.recipient, event.revoked_at) == (ANNE, NOW)
    with pytest.raises(LinkRevoked):
        after.must_be_open_to(ANNE.address)
    after.must_be_open_to(BEA.address)
    assert after.is_open
    assert after.revoke(ANNE, (ANNE, BEA, BRUNO), LINKED, NOW + HOUR) == (after, [])


def test_nobody_is_revoked_from_what_has_ended() -> None:
    with pytest.raises(LinkExpired):
        delivery().revoke(ANNE, (ANNE, BRUNO), LINKED, ENDS_AT)
    with pytest.raises(TransferDeleted):
        delivery().close("withdrawn", reference(), NOW, KEEP).revoke(ANNE, (ANNE, BRUNO), LINKED, NOW)


def test_the_last_agent_who_could_approve_stays_while_somebody_waits() -> None:
    everybody = (ANNE, BRUNO, CLAUDE)
    after, _ = delivery().revoke(BRUNO, everybody, LINKED, NOW)
    with pytest.raises(LastApproverNeeded):
        after.revoke(CLAUDE, everybody, LINKED, NOW)
    without_anne, _ = after.revoke(ANNE, everybody, LINKED, NOW)
    assert without_anne.revoke(CLAUDE, everybody, LINKED, NOW)[1]
    assert after.revoke(CLAUDE, everybody, LINKED | {ANNE.address}, NOW)[1], "nobody waits any more"
    by_an_agent, _ = delivery("agent").revoke(BRUNO, (ANNE, BRUNO), LINKED, NOW)
    assert by_an_agent.revoked_at(BRUNO.address) == NOW


def test_the_sender_under_another_alias_is_nobody_who_could_approve() -> None:
    alias = Recipient(address="camille+moi@ville.example", field="cc", role="agent")
    with pytest.raises(LastApproverNeeded):
        delivery().revoke(BRUNO, (ANNE, BRUNO, alias), LINKED, NOW)


# --- the end ---


def test_releases_extensions_and_ends_in_any_order_and_twice_come_to_one_state() -> None:
    steps: tuple[Callable[[Delivery], Delivery], ...] = (
        lambda one: one.release(reference(), ENDS_AT, KEEP),
        lambda one: one.extend(ENDS_AT + DAY, KEEP),
        lambda one: one.extend(ENDS_AT + 3 * DAY, KEEP),
        lambda one: one.close("refused", reference(), NOW, KEEP),
    )
    for some in (steps[:3], steps):
        found = set()
        for order in permutations(some):
            state = Delivery(id="t")
            for step in (*order, *order[:2]):
                state = step(state)
            found.add(state.model_dump_json())
        (one,) = found
        end = Delivery.model_validate_json(one)
        assert (end.ends_at, end.is_open) == (ENDS_AT + 3 * DAY, len(some) == 3)
        assert end.forget_at == ENDS_AT + 3 * DAY + KEEP


def test_an_end_that_was_found_before_an_extension_was_heard_of_was_none() -> None:
    expired, (event,) = delivery().expire((), ENDS_AT)
    assert event
    awake = expired.extend(ENDS_AT + DAY, KEEP)
    assert awake.is_open
    assert awake.expire((), ENDS_AT + HOUR) == (awake, [])
    assert awake.expire((), ENDS_AT + DAY)[1]


def test_an_extension_wakes_nothing_that_ended_otherwise() -> None:
    gone = delivery().expire((), ENDS_AT)[0].close("withdrawn", reference(), NOW, KEEP)
    assert not gone.extend(ENDS_AT + DAY, KEEP).is_open


def test_a_link_is_over_to_the_second_unless_a_download_runs() -> None:
    second = timedelta(seconds=1)
    link().must_not_be_over(ENDS_AT - second)
    with pytest.raises(LinkExpired):
        link().must_not_be_over(ENDS_AT)
    running, _ = ATTEMPT.start(link(), ENDS_AT - second)
    running.must_not_be_over(ENDS_AT)
    with pytest.raises(LinkExpired):
        running.must_not_be_over(ENDS_AT + 2 * MINUTE)


def test_a_longer_link_lives_until_then_and_is_reminded_of_before_that() -> None:
    longer, (event,) = mails.extend(link(), content(), ENDS_AT + 2 * DAY, POLICY.reminder, NOW)
    assert isinstance(event, LinkExtended)
    assert (event.ends_at, longer.ends_at, longer.remind_at) == (ENDS_AT + 2 * DAY, ENDS_AT + 2 * DAY, ENDS_AT)
    longer.must_not_be_over(ENDS_AT + DAY)
    assert mails.extend(longer, content(), ENDS_AT + 2 * DAY, POLICY.reminder, NOW) == (longer, [])
    assert mails.extend(longer, content(), ENDS_AT, POLICY.reminder, NOW) == (longer, []), "never shorter"


def test_who_has_everything_is_not_told_of_a_longer_time() -> None:
    longer, events = mails.extend(downloaded(link()), content(), ENDS_AT + DAY, POLICY.reminder, NOW)
    assert (longer.ends_at, events) == (ENDS_AT + DAY, [])


# --- mails that are asked for ---


def test_the_link_is_sent_again_once_for_each_asking_and_not_too_often() -> None:
    after, (event,) = mails.resend(link(), content(), "one", NOW)
    assert isinstance(event, LinkIssued)
    assert (event.asked_at, event.token.get_secret_value(), event.ends_at) == (NOW, "token", ENDS_AT)
    assert mails.resend(after, content(), "one", NOW + MINUTE) == (after, [])
    with pytest.raises(ResentLately) as refused:
        mails.resend(after, content(), "two", NOW + MINUTE)
    assert refused.value.retry_after_seconds == 540
    assert mails.resend(after, content(), "two", NOW + 10 * MINUTE)[1]


def test_the_mail_with_the_link_is_sent_again_five_times_in_any_day_and_no_more() -> None:
    after = link()
    for number in range(5):
        after, _ = mails.resend(after, content(), f"at {number}", NOW + number * HOUR)
    for now in (NOW + 5 * HOUR, NOW + DAY - MINUTE):
        with pytest.raises(ResentOften) as refused:
            mails.resend(after, content(), "one more", now)
        assert refused.value.retry_after_seconds == (NOW + DAY - now).total_seconds()
    assert mails.resend(after, content(), "at 4", NOW + 6 * HOUR) == (after, []), "its answer was lost"
    after, _ = mails.resend(after, content(), "tomorrow", NOW + DAY)
    assert after.resent is not None
    assert len(after.resent.earlier) == 4
    with pytest.raises(ResentOften):
        mails.resend(after, content(), "one more", NOW + DAY + 30 * MINUTE)


def test_nothing_is_sent_again_after_the_end() -> None:
    with pytest.raises(LinkExpired):
        mails.resend(link(), content(), "one", ENDS_AT)
    with pytest.raises(LinkExpired):
        mails.remind(link(), content(), "one", ENDS_AT)


def test_nobody_is_reminded_twice_within_a_day() -> None:
    after, (event,) = mails.remind(link(), content(), "one", NOW)
    assert isinstance(event, LinkLeftUnused)
    assert event.asked_at == NOW
    assert mails.remind(after, content(), "one", NOW + 2 * DAY) == (after, []), "the same request again"
    with pytest.raises(RemindedLately):
        mails.remind(after, content(), "two", NOW + DAY - MINUTE)
    assert mails.remind_if_allowed(after, content(), "two", NOW + DAY - MINUTE) == (after, [])
    assert mails.remind_if_allowed(after, content(), "two", NOW + DAY)[1]


def test_who_has_everything_is_not_reminded() -> None:
    has_all = downloaded(link())
    with pytest.raises(EverythingDownloaded):
        mails.remind(has_all, content(), "one", NOW)
    assert mails.remind_if_allowed(has_all, content(), "one", NOW) == (has_all, [])


def test_the_reminder_of_the_calendar_is_one_of_the_day_too() -> None:
    at = ENDS_AT - POLICY.reminder
    after, (event,) = mails.remind_by_calendar(link(), content(), at)
    assert isinstance(event, LinkLeftUnused)
    assert event.asked_at is None
    assert mails.remind_by_calendar(after, content(), at) == (after, [])
    with pytest.raises(RemindedLately):
        mails.remind(after, content(), "one", at + HOUR)
    asked, _ = mails.remind(link(), content(), "one", at - HOUR)
    quiet, events = mails.remind_by_calendar(asked, content(), at)
    assert (quiet.remind_at, events) == (None, [])
