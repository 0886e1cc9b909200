"""What comes of handing over one message: the SMTP mailer and the fake answer the same (R27, R28)."""

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
from services.notify.domain import Mail, mail_id
from services.notify.letters.letter import Letter
from services.notify.post.envelope import envelope
from services.notify.post.mailer import Mailer, Relay, SmtpMailer
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.unit.notify.scripted import FakeMailer, Script, Told, busy_server, relay, smtp_server

FROM = Address("Mélanissimo", "post", "melanissimo.example")
Office = Callable[[Script], AbstractAsyncContextManager[tuple[Mailer, Told]]]


def message(recipient: str) -> EmailMessage:
    mail = Mail(id=mail_id("link", "t", recipient), kind="link", language="fr", transfer="t", recipient=recipient)
    letter = Letter("Été", "Bonjour\n.\n..\nfin\n", "<p>Bonjour</p>")
    return envelope(mail, letter, FROM, utc_now())


async def wanted() -> bool:
    return True


async def unwanted() -> bool:
    return False


@asynccontextmanager
async def real(script: Script) -> AsyncIterator[tuple[Mailer, Told]]:
    async with smtp_server(script) as (told, where):
        yield SmtpMailer(where), told


@asynccontextmanager
async def fake(script: Script) -> AsyncIterator[tuple[Mailer, Told]]:
    mailer = FakeMailer(script)
    yield mailer, mailer.told


@pytest.mark.parametrize("office", [real, fake])
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
async def test_each_answer_of_the_relay_has_its_outcome(office: Office, step: str, result: str, code: int) -> None:
    recipient = "sacha@ville.example"
    async with office({recipient: [step]}) as (mailer, told):
        outcome = await mailer.send(recipient, message(recipient), wanted)
        assert (outcome.result, outcome.code) == (result, code)
        assert len(told.to(recipient)) == (result == "accepted")
        if code > 250:
            assert outcome.reason == step.removeprefix("data ")


@pytest.mark.parametrize("office", [real, fake])
async def test_a_refusal_today_may_be_an_acceptance_tomorrow(office: Office) -> None:
    recipient = "sacha@ville.example"
    async with office({recipient: ["451 later", "451 later", "250"]}) as (mailer, told):
        results = [(await mailer.send(recipient, message(recipient), wanted)).result for _ in range(3)]
        assert results == ["delayed", "delayed", "accepted"]
        assert len(told.to(recipient)) == 1


@pytest.mark.parametrize("office", [real, fake])
async def test_what_is_not_wanted_any_more_begins_no_transaction(office: Office) -> None:
    recipient = "sacha@ville.example"
    async with office({}) as (mailer, told):
        outcome = await mailer.send(recipient, message(recipient), unwanted)
    assert (outcome.result, dict(told.attempts), told.accepted) == ("withheld", {}, [])


@pytest.mark.parametrize("office", [real, fake])
async def test_what_arrives_is_what_was_written(office: Office) -> None:
    recipient = "sacha@ville.example"
    async with office({}) as (mailer, told):
        await mailer.send(recipient, message(recipient), wanted)
    found = email.message_from_bytes(told.to(recipient)[0], policy=email.policy.default)
    body = found.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == "Bonjour\n.\n..\nfin\n"
    assert str(found["subject"]) == "Été"


async def test_a_relay_that_is_too_busy_to_greet_says_nothing_of_the_mail() -> None:
    async with busy_server() as where:
        outcome = await SmtpMailer(where).send("a@b.example", message("a@b.example"), wanted)
    assert (outcome.result, outcome.code) == ("away", 421)


async def test_nobody_listening_says_nothing_of_the_mail() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        where = relay(held.getsockname()[1])
        outcome = await SmtpMailer(where).send("a@b.example", message("a@b.example"), wanted)
    assert outcome.result == "away"


async def test_without_starttls_where_it_is_demanded_nothing_is_said_to_the_relay() -> None:
    async with smtp_server({}) as (told, where):
        outcome = await SmtpMailer(where._replace(starttls=True)).send("a@b.example", message("a@b.example"), wanted)
    assert outcome.result == "away"
    assert told.accepted == []


async def test_a_real_mailbox_shows_both_parts_of_the_mail(servers: Stack) -> None:
    where = Relay("127.0.0.1", servers.smtp_port, starttls=False, sender=FROM.addr_spec)
    recipient = "boite@ville.example"
    assert (await SmtpMailer(where).send(recipient, message(recipient), wanted)).result == "accepted"

    async def arrived() -> list[int]:
        async with httpx.AsyncClient(base_url=servers.mailbox_url, timeout=PATIENCE_SECONDS) as mailbox:
            found = (await mailbox.get("/api/messages/")).json()["data"]
            return [one["id"] for one in found if recipient in str(one["recipients_envelope"])]

    async with httpx.AsyncClient(base_url=servers.mailbox_url, timeout=PATIENCE_SECONDS) as mailbox:
        for part, words in (("plain", "Bonjour"), ("html", "<p>Bonjour</p>")):
            answer = await mailbox.get(f"/api/messages/{(await eventually(arrived))[0]}.{part}")
            assert words in answer.text
