"""After a start, the events that waited are handled before the first mail is sent; but no mail waits for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from devstack.stack import Stack
from services.contracts.upload import TransferWithdrawn
from services.kit.bus import Bus, Handler, declare
from services.kit.events import Event
from services.kit.mongo import Database
from services.kit.outbox_entry import entries_for
from services.notify import dispatcher
from services.notify.handlers import on_approval_requested, on_link_issued, subscriptions
from tests.eventually import eventually
from tests.integration.notify.service import deps_on, dispatching, mails_of, new_transfer
from tests.unit.notify.events import AGENTS, FIRM, SENDER, approval_requested, endings, link_issued
from tests.unit.notify.fake_smtp import FakeMailer


@asynccontextmanager
async def connected(bus: Bus, handlers: dict[type[Event], Handler]) -> AsyncIterator[Bus]:
    await bus.connect(handlers)
    try:
        yield bus
    finally:
        await bus.close()


async def test_a_withdrawal_that_waited_is_handled_before_the_first_mail_is_sent(
    servers: Stack, database: Database
) -> None:
    await declare(servers.amqp_admin_url, [TransferWithdrawn])
    mailer, transfers = FakeMailer(), [new_transfer() for _ in range(20)]
    reader = Bus(servers.amqp_admin_url, "notify")
    deps = deps_on(database, mailer, caught_up=reader.caught_up)
    for transfer in transfers:
        await on_approval_requested(deps, approval_requested(transfer))
    async with connected(Bus(servers.amqp_admin_url, "upload"), {}) as upload:
        for entry in entries_for([endings(transfer)["withdrawn"] for transfer in transfers]):
            await upload.publish(entry)
    async with dispatching(deps), connected(reader, {TransferWithdrawn: subscriptions(deps)[TransferWithdrawn]}):
        await eventually(lambda: len(mailer.relay.to(SENDER.address)) == len(transfers))
    assert not any(mailer.relay.to(agent) for agent in AGENTS)
    for transfer in transfers:
        assert {mail.state for mail in await mails_of(deps, transfer) if mail.kind == "to_approve"} == {"cancelled"}


async def test_a_queue_that_is_never_emptied_does_not_hold_mails_for_ever(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "CATCH_UP_TIMEOUT_SECONDS", 0.0)
    mailer, transfer = FakeMailer(), new_transfer()

    async def never() -> None:
        await asyncio.Event().wait()

    deps = deps_on(database, mailer, caught_up=never)
    await on_link_issued(deps, link_issued(transfer))
    async with dispatching(deps):
        await eventually(lambda: len(mailer.relay.to(FIRM)) == 1)
