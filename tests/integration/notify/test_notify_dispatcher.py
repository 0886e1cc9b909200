"""Sending mails with the real database and a relay that follows a script (R25-R28, R30)."""

import asyncio
import email
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from services.kit.clock import utc_now
from services.kit.mongo import Database
from services.notify.content.composer import MailComposer
from services.notify.content.renderer import MailRenderer, RenderedMail
from services.notify.deps import Deps
from services.notify.domain import Mail, claim, fail
from services.notify.handlers import on_link_issued, on_one_time_link_issued
from services.notify.smtp.mailer import SmtpMailer
from services.notify.smtp.message import build_message
from tests.eventually import eventually
from tests.integration.notify.service import another, deps_on, dispatching, mails_of, make_due, new_transfer
from tests.unit.notify.events import AT, FIRM, SENDER, link_issued, one_time_link
from tests.unit.notify.fake_smtp import FakeMailer, smtp_server

SACHA = "sacha@ville.example"


def states(deps: Deps, transfer: str, *wanted: str) -> Callable[[], Awaitable[bool]]:
    async def reached() -> bool:
        return sorted(f"{mail.kind} {mail.state}" for mail in await mails_of(deps, transfer)) == sorted(wanted)

    return reached


def delayed(deps: Deps, transfer: str, failures: int) -> Callable[[], Awaitable[bool]]:
    async def reached() -> bool:
        return any(mail.failures == failures for mail in await mails_of(deps, transfer))

    return reached


class RecordingComposer(MailComposer):
    """Records the recipients of the mails that it renders."""

    def __init__(self) -> None:
        super().__init__(MailRenderer(ZoneInfo("Europe/Paris")), "https://m.example")
        self.rendered: list[str] = []

    def render(self, mail: Mail) -> RenderedMail:
        self.rendered.append(mail.recipient)
        return super().render(mail)


async def events(deps: Deps, transfer: str) -> list[str]:
    return [
        entry.body["state"] for mail in await mails_of(deps, transfer) for entry in await deps.mails.all.outbox(mail.id)
    ]


async def test_a_mail_is_sent_at_once_and_its_content_is_deleted(database: Database) -> None:
    mailer, transfer = FakeMailer(), new_transfer()
    deps = deps_on(database, mailer)
    async with dispatching(deps):
        await on_link_issued(deps, link_issued(transfer, SACHA))
        await eventually(states(deps, transfer, "link accepted"))
    assert b"SECRET-download" in mailer.relay.to(SACHA)[0]
    sent = (await mails_of(deps, transfer))[0]
    assert "SECRET" not in sent.model_dump_json()
    assert SACHA not in sent.model_dump_json()
    assert await events(deps, transfer) == ["accepted"]


async def test_the_same_event_again_sends_nothing_again(database: Database) -> None:
    mailer, transfer = FakeMailer(), new_transfer()
    deps = deps_on(database, mailer)
    async with dispatching(deps):
        for _ in range(3):
            await on_link_issued(deps, link_issued(transfer, SACHA))
            await eventually(states(deps, transfer, "link accepted"))
    assert len(mailer.relay.to(SACHA)) == 1


async def test_a_mail_that_is_delayed_three_times_arrives_and_its_delay_is_published_once(database: Database) -> None:
    transfer = new_transfer()
    async with smtp_server({SACHA: ["451 later", "data 452 full", "drop", "250"]}) as (relay, smtp):
        deps = deps_on(database, SmtpMailer(smtp))
        async with dispatching(deps):
            await on_link_issued(deps, link_issued(transfer, SACHA))
            for failures in (1, 2, 3):
                before = utc_now()
                await eventually(delayed(deps, transfer, failures))
                waiting = (await mails_of(deps, transfer))[0]
                assert waiting.next_at is not None
                assert waiting.next_at > before + timedelta(seconds=30)
                await make_due(deps, transfer)
            await eventually(states(deps, transfer, "link accepted"))
    assert relay.attempts[SACHA] == 4
    assert len(relay.to(SACHA)) == 1
    assert await events(deps, transfer) == ["delayed", "accepted"]


async def test_a_permanent_refusal_is_reported_to_the_sender_once_per_recipient(database: Database) -> None:
    mailer, transfer = FakeMailer({SACHA: ["550 5.1.1 no such user"]}), new_transfer()
    deps = deps_on(database, mailer)
    async with dispatching(deps):
        await on_link_issued(deps, link_issued(transfer, SACHA))
        await eventually(states(deps, transfer, "link failed", "undeliverable accepted"))
    assert mailer.relay.attempts[SACHA] == 1
    reports = mailer.relay.to(SENDER.address)
    assert len(reports) == 1
    assert b"no such user" in reports[0]
    failed = next(mail for mail in await mails_of(deps, transfer) if mail.state == "failed")
    assert failed.next_at is None
    assert "@" not in failed.model_dump_json()


async def test_a_link_that_was_refused_is_sent_again_when_its_sender_asks_and_another_refusal_is_reported_again(
    database: Database,
) -> None:
    mailer, transfer = FakeMailer({SACHA: ["550 full", "550 still full", "250"]}), new_transfer()
    deps = deps_on(database, mailer)
    first = link_issued(transfer, SACHA)
    again = [first.model_copy(update={"asked_at": AT + timedelta(hours=hours)}) for hours in (1, 2)]
    async with dispatching(deps):
        await on_link_issued(deps, first)
        await eventually(states(deps, transfer, "link failed", "undeliverable accepted"))
        await on_link_issued(deps, again[0])
        await eventually(states(deps, transfer, *["link failed"] * 2, *["undeliverable accepted"] * 2))
        await on_link_issued(deps, again[1])
        await eventually(states(deps, transfer, "link accepted", *["link failed"] * 2, *["undeliverable accepted"] * 2))
    assert len(mailer.relay.to(SACHA)) == 1
    assert b"still full" in mailer.relay.to(SENDER.address)[1]


async def test_the_failure_of_a_report_is_not_reported(database: Database) -> None:
    mailer, transfer = FakeMailer({SACHA: ["550 no"], SENDER.address: ["550 no"]}), new_transfer()
    deps = deps_on(database, mailer)
    async with dispatching(deps):
        await on_link_issued(deps, link_issued(transfer, SACHA))
        await eventually(states(deps, transfer, "link failed", "undeliverable failed"))
    assert sum(mailer.relay.attempts.values()) == 2


async def test_a_failure_is_reported_although_the_process_died_before_it(database: Database) -> None:
    """The mail failed and the process died: the next dispatcher finds that the sender is not notified yet."""
    mailer, transfer = FakeMailer(), new_transfer()
    deps = deps_on(database, mailer)
    await on_link_issued(deps, link_issued(transfer, SACHA))
    id = (await mails_of(deps, transfer))[0].id
    await deps.mails.all.update(id, claim)
    await deps.mails.all.update(id, lambda there, now: fail(there, "550", now))
    async with dispatching(deps):
        await eventually(states(deps, transfer, "link failed", "undeliverable accepted"))


async def test_several_dispatchers_send_each_mail_once_and_respect_their_limits(database: Database) -> None:
    mailer, transfer = FakeMailer(), new_transfer()
    first = deps_on(database, mailer)
    people = [f"p{n}@ville.example" for n in range(40)]
    await asyncio.gather(*(on_link_issued(first, link_issued(transfer, address)) for address in people))
    async with dispatching(first, another(first), another(first)):
        await eventually(states(first, transfer, *["link accepted"] * 40))
    assert sorted(address for address, _ in mailer.relay.accepted) == sorted(people)
    assert mailer.relay.max_at_once <= 3 * first.concurrency


async def test_a_death_between_the_relays_answer_and_its_record_sends_a_second_copy_with_the_same_id(
    database: Database,
) -> None:
    mailer, transfer = FakeMailer(), new_transfer()
    deps = deps_on(database, mailer)
    await on_link_issued(deps, link_issued(transfer, SACHA))
    id = (await mails_of(deps, transfer))[0].id
    for _ in range(2):
        mail = await deps.mails.all.update(id, claim)
        message = build_message(mail, deps.composer.render(mail), deps.mail_from, utc_now())
        await mailer.send(SACHA, message, partial(deps.transfer_statuses.may_send, mail))
        await make_due(deps, transfer)
    copies = [email.message_from_bytes(content) for content in mailer.relay.to(SACHA)]
    assert len(copies) == 2
    assert len({copy["Message-ID"] for copy in copies}) == 1


async def test_an_unreachable_relay_is_probed_only_and_all_mails_are_sent_when_it_is_back(database: Database) -> None:
    mailer, transfer = FakeMailer(), new_transfer()
    mailer.reachable = False
    deps = deps_on(database, mailer)
    for n in range(20):
        await on_link_issued(deps, link_issued(transfer, f"p{n}@ville.example"))

    async def probed() -> bool:
        return deps.circuit_breaker.permits(4, 0) == 0 and any(mail.delayed for mail in await mails_of(deps, transfer))

    async with dispatching(deps):
        await eventually(probed)
        assert all(mail.failures == 0 for mail in await mails_of(deps, transfer))
        assert sum(mail.delayed for mail in await mails_of(deps, transfer)) <= 2 * deps.concurrency
        mailer.reachable = True
        await eventually(states(deps, transfer, *["link accepted"] * 20))
    assert len(mailer.relay.accepted) == 20


@pytest.mark.parametrize("dispatchers", [1, 2])
async def test_the_mails_of_a_large_transfer_do_not_delay_others(database: Database, dispatchers: int) -> None:
    """Rendering and sending take turns between flows: the last one waits for one mail of each."""
    mailer, large = FakeMailer(), new_transfer()
    deps = replace(deps_on(database, mailer, concurrency=1), composer=(composer := RecordingComposer()))
    for n in range(30):
        await on_link_issued(deps, link_issued(large, f"p{n}@large.example"))
    others = [new_transfer() for _ in range(3)]
    for n, transfer in enumerate(others):
        for copy in range(2):
            await on_link_issued(deps, link_issued(transfer, f"p{copy}@other{n}.example"))
    await on_one_time_link_issued(deps, one_time_link(new_transfer()))
    assert composer.rendered == [], "a mail is rendered when it is sent"
    async with dispatching(*(another(deps) for _ in range(dispatchers))):
        await eventually(lambda: len(mailer.relay.accepted) == 37)
    sent = [address.partition("@")[2] for address, _ in mailer.relay.accepted]
    everybody = {"large.example", *(f"other{n}.example" for n in range(3)), FIRM.partition("@")[2]}
    if dispatchers == 1:
        assert set(sent[:5]) == everybody
        assert sorted(sent[5:9]) == sorted([*everybody - {FIRM.partition("@")[2]}])
        assert composer.rendered == [address for address, _ in mailer.relay.accepted]
    assert sent[-20:] == ["large.example"] * 20


async def test_a_flow_whose_mails_are_delayed_loses_no_turn_of_the_others(database: Database) -> None:
    deps = deps_on(database, FakeMailer())
    later, flows = utc_now() + timedelta(hours=1), sorted(new_transfer() for _ in range(3))
    for transfer in flows:
        for n in range(2):
            await on_link_issued(deps, link_issued(transfer, f"p{n}@ville.example"))
    for mail in await mails_of(deps, flows[1]):
        await deps.mails.all.update(mail.id, lambda there, _now: (there.evolve(next_at=later), []))
    found = [mail.flow for mail, _ in await deps.mails.due([], 10)]
    assert found == [flows[0], flows[2]] * 2


async def test_a_dispatcher_that_is_cancelled_finishes_the_mails_in_flight(database: Database) -> None:
    mailer, transfer = FakeMailer(), new_transfer()
    mailer.pause = asyncio.Event()
    deps = deps_on(database, mailer)

    async with dispatching(deps) as (task,):
        await on_link_issued(deps, link_issued(transfer, SACHA))
        await eventually(lambda: mailer.relay.max_at_once == 1, "the mail is claimed")
        task.cancel()
        assert [mail.state for mail in await mails_of(deps, transfer)] == ["waiting"]
        assert not task.done()
        mailer.pause.set()
        await eventually(task.done, "the dispatcher has ended")
    assert [mail.state for mail in await mails_of(deps, transfer)] == ["accepted"]


async def test_a_link_that_has_ended_is_not_sent_any_more(database: Database) -> None:
    mailer, transfer = FakeMailer(), new_transfer()
    deps = deps_on(database, mailer)
    async with dispatching(deps):
        await on_link_issued(deps, link_issued(transfer, SACHA, ends_at=utc_now() - timedelta(seconds=1)))
        await eventually(states(deps, transfer, "link failed", "undeliverable accepted"))
    assert mailer.relay.to(SACHA) == []


async def test_a_mail_that_cannot_be_built_ends_and_harms_no_other(database: Database) -> None:
    mailer, transfer = FakeMailer(), new_transfer()
    deps = deps_on(database, mailer)
    event = link_issued(transfer, SACHA)
    broken = deps.composer.to_recipient(
        "link", event.reference, event.recipient, event.ends_at, link="x", quoted="", files=(), downloads_per_file=3,
        ends_at=event.ends_at,
    )  # fmt: skip
    await deps.mails.enqueue(broken.evolve(id="link:broken", recipient="no address at all"))
    async with dispatching(deps):
        await on_link_issued(deps, event)
        await eventually(states(deps, transfer, "link accepted", "link failed", "undeliverable accepted"))
