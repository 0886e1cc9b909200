"""No mail about a transfer that has ended is sent, unless its SMTP transaction has begun (ADR 15)."""

import asyncio

import pytest

from services.kit.events import Event
from services.kit.mongo import Database
from services.notify.deps import Deps
from services.notify.domain import DUE_NOW
from services.notify.handlers import subscriptions
from services.notify.hold import SETTLING_SECONDS
from services.notify.smtp.mailer import SmtpMailer
from services.notify.transfer_status import TransferStatus
from tests.eventually import eventually
from tests.integration.notify.service import deps_on, dispatching, mails_of, new_transfer
from tests.unit.notify.events import (
    AT,
    BY,
    FIRM,
    SENDER,
    approval_requested,
    endings,
    expired,
    left_unused,
    link_extended,
    link_issued,
    one_time_link,
    released,
    revoked,
)
from tests.unit.notify.fake_smtp import FakeMailer, smtp_server

BYSTANDER = "sacha@ville.example"
WAYS = ("withdrawn", "refused", "quarantined", "lapsed", "expired")


def offers(transfer: str) -> list[Event]:
    """The events that give somebody a right: links and reminders."""
    again = link_issued(transfer).model_copy(update={"asked_at": AT})
    return [link_issued(transfer), again, left_unused(transfer), left_unused(transfer, AT)]


def end(transfer: str, way: str) -> Event:
    return {**endings(transfer), "expired": expired(transfer)}[way]


async def handle(deps: Deps, *events: Event) -> None:
    handlers = subscriptions(deps)
    for event in events:
        await handlers[type(event)](event)


async def all_finished(deps: Deps, *transfers: str) -> None:
    """Wait until no mail of these transfers waits, nor has to be reported to its sender."""

    async def settled() -> bool:
        mails = [mail for transfer in transfers for mail in await mails_of(deps, transfer)]
        return not any(mail.next_at for mail in mails)

    await eventually(settled)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("ended_first", [False, True])
async def test_no_mail_is_sent_about_a_transfer_that_ended_while_it_waited(
    database: Database, way: str, ended_first: bool
) -> None:
    transfer, other = new_transfer(), new_transfer()
    async with smtp_server({}) as (relay, smtp):
        deps = deps_on(database, SmtpMailer(smtp))
        waiting = offers(transfer) if way == "expired" else [*offers(transfer), approval_requested(transfer)]
        ended = [end(transfer, way)]
        await handle(deps, *(ended + waiting + ended if ended_first else waiting + ended + waiting))
        await handle(deps, link_issued(other, BYSTANDER))
        async with dispatching(deps):
            await all_finished(deps, transfer, other)
    assert not relay.to(FIRM)
    assert len(relay.to(BYSTANDER)) == 1
    assert not any(b"SECRET" in content for address, content in relay.accepted if address != BYSTANDER)
    assert relay.to(SENDER.address)


@pytest.mark.parametrize("revoked_first", [False, True])
async def test_no_agent_is_asked_about_a_transfer_whose_last_external_recipient_was_revoked(
    database: Database, revoked_first: bool
) -> None:
    transfer, mailer = new_transfer(), FakeMailer()
    deps, asked = deps_on(database, mailer), [approval_requested(transfer)]
    await handle(deps, *([revoked(transfer), *asked] if revoked_first else [*asked, revoked(transfer)]))
    async with dispatching(deps):
        await all_finished(deps, transfer)
    assert {mail.state for mail in await mails_of(deps, transfer)} == {"cancelled"}
    assert not mailer.relay.accepted


async def test_a_recipient_who_was_revoked_gets_no_mail_that_waited(database: Database) -> None:
    transfer = new_transfer()
    async with smtp_server({}) as (relay, smtp):
        deps = deps_on(database, SmtpMailer(smtp))
        await handle(
            deps, *offers(transfer), revoked(transfer), link_extended(transfer), link_issued(transfer, BYSTANDER)
        )
        async with dispatching(deps):
            await all_finished(deps, transfer)
    assert (len(relay.to(FIRM)), len(relay.to(BYSTANDER))) == (0, 1)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_after_an_approval_nobody_else_is_asked(database: Database, order: tuple[int, ...]) -> None:
    transfer = new_transfer()
    events = [approval_requested(transfer), released(transfer, BY, awaiting=False)]
    async with smtp_server({}) as (relay, smtp):
        deps = deps_on(database, SmtpMailer(smtp))
        await handle(deps, *(events[index] for index in order))
        async with dispatching(deps):
            await all_finished(deps, transfer)
    assert not any(b"SECRET" in content for _, content in relay.accepted)


@pytest.mark.parametrize("way", [*WAYS, "revoked"])
async def test_an_end_during_the_connection_to_the_relay_is_not_too_late(database: Database, way: str) -> None:
    mailer, transfer = FakeMailer(), new_transfer()
    mailer.pause = asyncio.Event()
    deps = deps_on(database, mailer)
    async with dispatching(deps):
        await handle(deps, link_issued(transfer))
        await eventually(lambda: mailer.relay.max_at_once == 1, "the mail is claimed")
        await handle(deps, revoked(transfer) if way == "revoked" else end(transfer, way))
        mailer.pause.set()
        await all_finished(deps, transfer)
    assert not mailer.relay.to(FIRM)


async def test_while_the_broker_does_not_answer_mails_about_a_right_are_held_and_others_are_sent(
    database: Database,
) -> None:
    mailer, transfer = FakeMailer(), new_transfer()
    deps = deps_on(database, mailer)
    deps.hold.record(False, 0)
    await handle(deps, *offers(transfer), approval_requested(transfer), link_extended(transfer))
    await handle(deps, one_time_link(new_transfer()))
    async with dispatching(deps):
        await handle(deps, link_issued(transfer, BYSTANDER), released(transfer, None, awaiting=True))
        await eventually(lambda: len(mailer.relay.accepted) == 2, "the one-time link and the sender's receipt are sent")
        assert {address for address, _ in mailer.relay.accepted} == {FIRM, SENDER.address}
        await handle(deps, endings(transfer)["withdrawn"])
        deps.hold.record(True, 0)
        assert deps.hold.on
        deps.hold.record(True, SETTLING_SECONDS)
        await all_finished(deps, transfer)
    assert not mailer.relay.to(BYSTANDER)


async def test_a_hold_that_begins_during_the_connection_to_the_relay_puts_the_mail_back(database: Database) -> None:
    mailer, transfer = FakeMailer(), new_transfer()
    mailer.pause = asyncio.Event()
    deps = deps_on(database, mailer)
    async with dispatching(deps):
        await handle(deps, link_issued(transfer))
        await eventually(lambda: mailer.relay.max_at_once == 1, "the mail is claimed")
        deps.hold.record(False, 0)
        mailer.pause.set()

        async def due_again() -> bool:
            (mail,) = await mails_of(deps, transfer)
            return mail.next_at == DUE_NOW and mail.failures == 0

        await eventually(due_again)
        assert not mailer.relay.accepted
        deps.hold.record(True, 0)
        deps.hold.record(True, SETTLING_SECONDS)
        await eventually(lambda: len(mailer.relay.to(FIRM)) == 1)


async def test_the_status_stops_a_mail_that_no_handler_has_applied_it_to(database: Database) -> None:
    """Another process claims the mail after it was added, and before the status is applied to it."""
    mailer, transfer = FakeMailer(), new_transfer()
    deps = deps_on(database, mailer)
    await handle(deps, link_issued(transfer))
    await deps.transfer_statuses.all.add(TransferStatus(id=transfer).end(AT))
    async with dispatching(deps):
        await all_finished(deps, transfer)
    assert [mail.state for mail in await mails_of(deps, transfer)] == ["cancelled"]
    assert not mailer.relay.to(FIRM)


async def test_an_end_during_the_transaction_is_too_late_and_the_mail_is_recorded_as_accepted(
    database: Database,
) -> None:
    mailer, transfer = FakeMailer(), new_transfer()
    mailer.transaction = asyncio.Event()
    deps = deps_on(database, mailer)
    async with dispatching(deps):
        await handle(deps, link_issued(transfer))
        await eventually(lambda: mailer.in_transaction == 1, "the transaction has begun")
        await handle(deps, endings(transfer)["withdrawn"])
        assert "cancelled" in {mail.state for mail in await mails_of(deps, transfer)}
        mailer.transaction.set()

        async def recorded() -> bool:
            return {mail.state for mail in await mails_of(deps, transfer)} == {"accepted"}

        await eventually(recorded)
    (link,) = [mail for mail in await mails_of(deps, transfer) if mail.kind == "link"]
    (event,) = [entry.body for entry in await deps.mails.all.outbox(link.id)]
    assert (event["state"], event["recipient"]) == ("accepted", FIRM)
    assert len(mailer.relay.to(FIRM)) == 1
