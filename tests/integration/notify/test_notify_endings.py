"""What has ended is mailed to nobody, up to the moment at which the SMTP transaction of its mail begins (ADR 15)."""

import asyncio

import pytest

from services.kit.events import Event
from services.kit.mongo import Database
from services.notify.deps import Deps
from services.notify.handlers import subscriptions
from services.notify.post.mailer import SmtpMailer
from services.notify.standing import Standing
from tests.eventually import eventually
from tests.integration.notify.service import deps_on, new_transfer, of, walking
from tests.unit.notify.scripted import FakeMailer, smtp_server
from tests.unit.notify.told import (
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
    released,
    revoked,
)

BYSTANDER = "sacha@ville.example"
WAYS = ("withdrawn", "refused", "quarantined", "lapsed", "expired")


def offers(transfer: str) -> list[Event]:
    """What brings somebody a right: links, reminders, a later end, a question to two agents."""
    again = link_issued(transfer).model_copy(update={"asked_at": AT})
    return [link_issued(transfer), again, left_unused(transfer), left_unused(transfer, AT)]


def end(transfer: str, way: str) -> Event:
    return {**endings(transfer), "expired": expired(transfer)}[way]


async def hear(deps: Deps, *events: Event) -> None:
    handlers = subscriptions(deps)
    for event in events:
        await handlers[type(event)](event)


async def everything_left(deps: Deps, *transfers: str) -> None:
    """Until no mail of these transfers waits, nor is owed to its sender."""

    async def settled() -> bool:
        mails = [mail for transfer in transfers for mail in await of(deps, transfer)]
        return not any(mail.next_at for mail in mails)

    await eventually(settled)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("ended_first", [False, True])
async def test_when_the_relay_is_back_nobody_is_written_to_about_what_has_ended(
    database: Database, way: str, ended_first: bool
) -> None:
    transfer, other = new_transfer(), new_transfer()
    async with smtp_server({}) as (told, relay):
        deps = deps_on(database, SmtpMailer(relay))
        waiting = offers(transfer) if way == "expired" else [*offers(transfer), approval_requested(transfer)]
        ended = [end(transfer, way)]
        await hear(deps, *(ended + waiting + ended if ended_first else waiting + ended + waiting))
        await hear(deps, link_issued(other, BYSTANDER))
        async with walking(deps):
            await everything_left(deps, transfer, other)
    assert not told.to(FIRM)
    assert len(told.to(BYSTANDER)) == 1
    assert not any(b"SECRET" in content for address, content in told.accepted if address != BYSTANDER)
    assert told.to(SENDER.address)


@pytest.mark.parametrize("revoked_first", [False, True])
async def test_no_agent_is_asked_about_a_transfer_whose_last_external_recipient_was_revoked(
    database: Database, revoked_first: bool
) -> None:
    transfer, mailer = new_transfer(), FakeMailer()
    deps, asked = deps_on(database, mailer), [approval_requested(transfer)]
    await hear(deps, *([revoked(transfer), *asked] if revoked_first else [*asked, revoked(transfer)]))
    async with walking(deps):
        await everything_left(deps, transfer)
    assert {mail.state for mail in await of(deps, transfer)} == {"dropped"}
    assert not mailer.told.accepted


async def test_a_recipient_who_was_revoked_gets_nothing_when_the_relay_is_back(database: Database) -> None:
    transfer = new_transfer()
    async with smtp_server({}) as (told, relay):
        deps = deps_on(database, SmtpMailer(relay))
        await hear(
            deps, *offers(transfer), revoked(transfer), link_extended(transfer), link_issued(transfer, BYSTANDER)
        )
        async with walking(deps):
            await everything_left(deps, transfer)
    assert (len(told.to(FIRM)), len(told.to(BYSTANDER))) == (0, 1)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_once_an_agent_has_vouched_nobody_else_is_asked(database: Database, order: tuple[int, ...]) -> None:
    transfer = new_transfer()
    events = [approval_requested(transfer), released(transfer, BY, awaiting=False)]
    async with smtp_server({}) as (told, relay):
        deps = deps_on(database, SmtpMailer(relay))
        await hear(deps, *(events[index] for index in order))
        async with walking(deps):
            await everything_left(deps, transfer)
    assert not any(b"SECRET" in content for _, content in told.accepted)


@pytest.mark.parametrize("way", [*WAYS, "revoked"])
async def test_an_end_that_is_heard_while_the_relay_is_being_called_is_not_too_late(
    database: Database, way: str
) -> None:
    mailer, transfer = FakeMailer(), new_transfer()
    mailer.pause = asyncio.Event()
    deps = deps_on(database, mailer)
    async with walking(deps):
        await hear(deps, link_issued(transfer))
        await eventually(lambda: mailer.told.most_at_once == 1, "the mail is in hand")
        await hear(deps, revoked(transfer) if way == "revoked" else end(transfer, way))
        mailer.pause.set()
        await everything_left(deps, transfer)
    assert not mailer.told.to(FIRM)


async def test_what_is_remembered_stops_a_mail_that_no_handler_has_reached_yet(database: Database) -> None:
    """Another postman takes the mail after it was added, and before what was heard is applied to it."""
    mailer, transfer = FakeMailer(), new_transfer()
    deps = deps_on(database, mailer)
    await hear(deps, link_issued(transfer))
    await deps.standings.all.add(Standing(id=transfer).end(AT))
    async with walking(deps):
        await everything_left(deps, transfer)
    assert [mail.state for mail in await of(deps, transfer)] == ["dropped"]
    assert not mailer.told.to(FIRM)


async def test_an_end_during_the_transaction_is_too_late_and_the_mail_is_recorded_as_accepted(
    database: Database,
) -> None:
    mailer, transfer = FakeMailer(), new_transfer()
    mailer.transaction = asyncio.Event()
    deps = deps_on(database, mailer)
    async with walking(deps):
        await hear(deps, link_issued(transfer))
        await eventually(lambda: mailer.in_transaction == 1, "the transaction has begun")
        await hear(deps, endings(transfer)["withdrawn"])
        assert "dropped" in {mail.state for mail in await of(deps, transfer)}
        mailer.transaction.set()

        async def recorded() -> bool:
            return {mail.state for mail in await of(deps, transfer)} == {"accepted"}

        await eventually(recorded)
    (link,) = [mail for mail in await of(deps, transfer) if mail.kind == "link"]
    (event,) = [entry.body for entry in await deps.mails.all.outbox(link.id)]
    assert (event["state"], event["recipient"]) == ("accepted", FIRM)
    assert len(mailer.told.to(FIRM)) == 1
