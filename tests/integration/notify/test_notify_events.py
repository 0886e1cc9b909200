"""Events lead to the same mails in whatever order and however often they arrive (R49)."""

import random
from datetime import timedelta

import pytest

from services.contracts.events import ALL_EVENTS
from services.contracts.values import Recipient
from services.kit.clock import utc_now
from services.kit.events import Event
from services.kit.mongo import Database
from services.notify.deps import Deps
from services.notify.domain import DUE_NOW
from services.notify.handlers import on_file_downloaded, subscriptions
from services.notify.sweeper import forget_old, send_daily_summaries
from tests.integration.notify.service import deps_on, mails_of, new_transfer
from tests.unit.notify.events import (
    AGENTS,
    AT,
    ENDS_AT,
    FIRM,
    SENDER,
    before_its_end,
    downloaded,
    extended,
    left_unused,
    link_issued,
    released,
    revoked,
    whole_life,
)
from tests.unit.notify.fake_smtp import FakeMailer

CANCELLED = ""
"""A cancelled mail keeps no address."""
MAILS_OF_A_LIFE = [
    ("approved", SENDER.address),
    *(("decided", address) for address in AGENTS),
    *(("downloaded", SENDER.address),) * 2,
    ("expired", SENDER.address),
    ("extended", CANCELLED),
    ("lapsed", SENDER.address),
    *(("link", CANCELLED),) * 4,
    ("quarantined", SENDER.address),
    ("refused", SENDER.address),
    *(("reminder", CANCELLED),) * 2,
    *(("suspended", SENDER.address),) * 3,
    *(("to_approve", CANCELLED),) * 2,
    ("waiting", SENDER.address),
    ("withdrawn", SENDER.address),
]


@pytest.fixture
def deps(database: Database) -> Deps:
    return deps_on(database, FakeMailer())


async def handle(deps: Deps, events: list[Event]) -> None:
    handlers = subscriptions(deps)
    for event in events:
        await handlers[type(event)](event)


def test_notify_has_a_handler_for_every_event_that_it_subscribes_to() -> None:
    assert set(subscriptions(None)) == {event for event in ALL_EVENTS if "notify" in event.subscribers}  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(8))
async def test_events_in_any_order_and_repeated_make_the_same_mails(deps: Deps, seed: int) -> None:
    transfer, chance = new_transfer(), random.Random(seed)
    events = whole_life(transfer)
    events += chance.choices(events, k=len(events))
    chance.shuffle(events)
    await handle(deps, events)
    mails = await mails_of(deps, transfer)
    assert sorted((mail.kind, mail.recipient) for mail in mails) == sorted(MAILS_OF_A_LIFE)
    access = await deps.mails.all.find({"kind": "access", "recipient": FIRM})
    assert len(access) == 1
    assert not any("@" in mail.id for mail in (*mails, *access))


async def test_only_the_mails_to_released_recipients_ask_for_replies_to_the_sender(deps: Deps) -> None:
    transfer = new_transfer()
    await handle(deps, before_its_end(transfer))
    assert {mail.kind for mail in await mails_of(deps, transfer) if mail.reply_to} == {"link", "reminder", "extended"}


async def test_only_the_failure_of_a_mail_to_somebody_else_is_reported_to_the_sender(deps: Deps) -> None:
    transfer = new_transfer()
    await handle(deps, before_its_end(transfer))
    reported = {mail.kind for mail in await mails_of(deps, transfer) if mail.notify_on_failure}
    assert reported == {"link", "reminder", "extended", "to_approve"}


async def test_the_first_download_is_reported_at_once_and_the_others_once_a_day(deps: Deps) -> None:
    transfer = new_transfer()
    for number in (1, 2, 3, 3, 2):
        await on_file_downloaded(deps, downloaded(transfer, FIRM, number))
    assert [mail.kind for mail in await mails_of(deps, transfer)] == ["downloaded"]
    await send_daily_summaries(deps)
    assert [mail.kind for mail in await mails_of(deps, transfer)] == ["downloaded"], "a day has not passed"
    for _ in range(3):
        await a_day_passes(deps, transfer)
    summaries = [mail for mail in await mails_of(deps, transfer) if mail.kind == "daily_summary"]
    assert len(summaries) == 1
    assert deps.composer.render(summaries[0]).text.count(FIRM) == 2


async def test_each_day_has_a_mail_of_its_own_and_a_quiet_day_has_none(deps: Deps) -> None:
    transfer = new_transfer()
    await on_file_downloaded(deps, downloaded(transfer, FIRM, 1))
    for number in (2, 3):
        await on_file_downloaded(deps, downloaded(transfer, FIRM, number, "Été/autre.pdf"))
        for _ in range(4):
            await a_day_passes(deps, transfer)
    summaries = [mail for mail in await mails_of(deps, transfer) if mail.kind == "daily_summary"]
    assert len(summaries) == 2
    assert all(deps.composer.render(mail).text.count("autre.pdf") == 1 for mail in summaries)


async def test_documents_are_deleted_after_their_retention(deps: Deps) -> None:
    transfer = new_transfer()
    await on_file_downloaded(deps, downloaded(transfer, FIRM, 1))
    mail = (await mails_of(deps, transfer))[0]
    past = utc_now() - timedelta(days=1)
    await forget_old(deps)
    assert len(await mails_of(deps, transfer)) == 1
    await deps.mails.all.update(mail.id, lambda there, _now: (there.evolve(forget_at=past), []))
    await forget_old(deps)
    assert await mails_of(deps, transfer) == []


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (1, 0, 1, 0)])
async def test_a_revoked_recipient_gets_no_mail_in_either_order_of_events(deps: Deps, order: tuple[int, ...]) -> None:
    transfer = new_transfer()
    events: list[Event] = [link_issued(transfer), revoked(transfer)]
    await handle(deps, [link_issued(transfer, AGENTS[0]), *(events[index] for index in order)])
    mails = {mail.recipient: mail.state for mail in await mails_of(deps, transfer)}
    assert mails == {AGENTS[0]: "waiting", CANCELLED: "cancelled"}
    (gone,) = [mail for mail in await mails_of(deps, transfer) if mail.state == "cancelled"]
    assert "SECRET" not in gone.model_dump_json()
    assert await deps.mails.all.outbox(gone.id) == []


async def test_a_sender_who_is_a_revoked_recipient_too_still_gets_news(deps: Deps) -> None:
    transfer = new_transfer()
    themselves = revoked(transfer).model_copy(
        update={"recipient": Recipient(address=SENDER.address, field="to", role="external")}
    )
    await handle(deps, [released(transfer, None, awaiting=False), link_issued(transfer, SENDER.address), themselves])
    states = {mail.kind: mail.state for mail in await mails_of(deps, transfer)}
    assert states == {"sent": "waiting", "link": "cancelled"}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_a_mail_may_be_sent_until_the_new_end_in_either_order(deps: Deps, order: tuple[int, ...]) -> None:
    transfer, later = new_transfer(), ENDS_AT + timedelta(days=3)
    events: list[Event] = [link_issued(transfer), extended(transfer, later)]
    await handle(deps, [events[index] for index in order])
    (mail,) = await mails_of(deps, transfer)
    assert mail.expires_at == later


async def test_each_mail_that_its_sender_asks_for_is_one_of_its_own(deps: Deps) -> None:
    transfer = new_transfer()
    for minutes in (0, 0, 20):
        at = AT + timedelta(minutes=minutes)
        again = link_issued(transfer).model_copy(update={"asked_at": at})
        await handle(deps, [link_issued(transfer), again, left_unused(transfer, at)])
    assert sorted(mail.kind for mail in await mails_of(deps, transfer)) == [*["link"] * 3, *["reminder"] * 2]


async def a_day_passes(deps: Deps, transfer: str) -> None:
    """Time is moved, never slept."""
    await deps.daily_summaries.all.update(transfer, lambda there, _now: (there.evolve(due_at=DUE_NOW), []))
    await send_daily_summaries(deps)
