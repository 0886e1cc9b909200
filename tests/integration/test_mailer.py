"""The outcome of submitting one message is the same from the SMTP mailer and from the fake (R27, R28)."""

import email
import email.policy
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from email.headerregistry import Address
from email.message import EmailMessage

import httpx
import pytest

from devstack.stack import Stack
from services.kit.clock import utc_now
from services.notify.content.renderer import RenderedMail
from services.notify.domain import Mail, mail_id
from services.notify.smtp.mailer import Mailer, SmtpMailer, SmtpSettings
from services.notify.smtp.message import build_message
from tests.eventually import TIMEOUT_SECONDS, eventually
from tests.unit.notify.fake_smtp import FakeMailer, Script, ScriptedRelay, busy_server, smtp_server, smtp_settings

FROM = Address("Mélanissimo", "post", "melanissimo.example")
Connect = Callable[[Script], AbstractAsyncContextManager[tuple[Mailer, ScriptedRelay]]]


def message(recipient: str) -> EmailMessage:
    mail = Mail(id=mail_id("link", "t", recipient), kind="link", language="fr", transfer="t", recipient=recipient)
    rendered = RenderedMail("Été", "Bonjour\n.\n..\nfin\n", "<p>Bonjour</p>")
    return build_message(mail, rendered, FROM, utc_now())


async def allow() -> bool:
    return True


async def forbid() -> bool:
    return False


@asynccontextmanager
async def real(script: Script) -> AsyncIterator[tuple[Mailer, ScriptedRelay]]:
    async with smtp_server(script) as (relay, smtp):
        yield SmtpMailer(smtp), relay


@asynccontextmanager
async def fake(script: Script) -> AsyncIterator[tuple[Mailer, ScriptedRelay]]:
    mailer = FakeMailer(script)
    yield mailer, mailer.relay


@pytest.mark.parametrize("connect", [real, fake])
@pytest.mark.parametrize(
    ("step", "result", "code"),
    [
        ("250", "accepted", 250),
        ("451 4.7.1 greylisted", "delayed", 451),
        ("421 4.3.2 closing", "delayed", 421),
        ("550 5.1.1 no such user", "refused", 550),
        ("data 452 4.3.1 no space", "delayed", 452),
        ("data 554 5.7.1 refused", "refused", 554),
        ("hang", "delayed", 0),
        ("drop", "delayed", 0),
    ],
)
async def test_each_reply_of_the_relay_has_its_outcome(connect: Connect, step: str, result: str, code: int) -> None:
    recipient = "sacha@ville.example"
    async with connect({recipient: [step]}) as (mailer, relay):
        outcome = await mailer.send(recipient, message(recipient), allow)
        assert (outcome.result, outcome.code) == (result, code)
        assert len(relay.to(recipient)) == (result == "accepted")
        if code > 250:
            assert outcome.reason == step.removeprefix("data ")


@pytest.mark.parametrize("connect", [real, fake])
async def test_a_recipient_who_was_refused_for_now_may_be_accepted_later(connect: Connect) -> None:
    recipient = "sacha@ville.example"
    async with connect({recipient: ["451 later", "451 later", "250"]}) as (mailer, relay):
        results = [(await mailer.send(recipient, message(recipient), allow)).result for _ in range(3)]
        assert results == ["delayed", "delayed", "accepted"]
        assert len(relay.to(recipient)) == 1


@pytest.mark.parametrize("connect", [real, fake])
async def test_a_mail_that_may_not_be_sent_begins_no_transaction(connect: Connect) -> None:
    recipient = "sacha@ville.example"
    async with connect({}) as (mailer, relay):
        outcome = await mailer.send(recipient, message(recipient), forbid)
    assert (outcome.result, dict(relay.attempts), relay.accepted) == ("withheld", {}, [])


@pytest.mark.parametrize("connect", [real, fake])
async def test_the_relay_gets_the_message_unchanged(connect: Connect) -> None:
    recipient = "sacha@ville.example"
    async with connect({}) as (mailer, relay):
        await mailer.send(recipient, message(recipient), allow)
    found = email.message_from_bytes(relay.to(recipient)[0], policy=email.policy.default)
    body = found.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == "Bonjour\n.\n..\nfin\n"
    assert str(found["subject"]) == "Été"


async def test_a_relay_that_refuses_every_client_is_unreachable() -> None:
    async with busy_server() as smtp:
        outcome = await SmtpMailer(smtp).send("a@b.example", message("a@b.example"), allow)
    assert (outcome.result, outcome.code) == ("unreachable", 421)


async def test_a_relay_that_does_not_listen_is_unreachable() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        smtp = smtp_settings(held.getsockname()[1])
        outcome = await SmtpMailer(smtp).send("a@b.example", message("a@b.example"), allow)
    assert outcome.result == "unreachable"


async def test_without_starttls_where_it_is_required_nothing_is_submitted() -> None:
    async with smtp_server({}) as (relay, smtp):
        outcome = await SmtpMailer(smtp._replace(starttls=True)).send("a@b.example", message("a@b.example"), allow)
    assert outcome.result == "unreachable"
    assert relay.accepted == []


async def test_a_real_mailbox_shows_both_parts_of_the_mail(servers: Stack) -> None:
    smtp = SmtpSettings("127.0.0.1", servers.smtp_port, starttls=False, sender=FROM.addr_spec)
    recipient = "boite@ville.example"
    assert (await SmtpMailer(smtp).send(recipient, message(recipient), allow)).result == "accepted"

    async def arrived() -> list[int]:
        async with httpx.AsyncClient(base_url=servers.mailbox_url, timeout=TIMEOUT_SECONDS) as mailbox:
            found = (await mailbox.get("/api/messages/")).json()["data"]
            return [one["id"] for one in found if recipient in str(one["recipients_envelope"])]

    async with httpx.AsyncClient(base_url=servers.mailbox_url, timeout=TIMEOUT_SECONDS) as mailbox:
        for part, text in (("plain", "Bonjour"), ("html", "<p>Bonjour</p>")):
            answer = await mailbox.get(f"/api/messages/{(await eventually(arrived))[0]}.{part}")
            assert text in answer.text
