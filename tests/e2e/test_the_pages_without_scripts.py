"""One transfer from beginning to end on the pages of the portal, with forms only."""

import hashlib
import http.client
import re
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from devstack.challenge_solver import solve as answer_to
from devstack.inbox import Inbox
from devstack.stack import Stack
from tests.contents import random_content
from tests.eventually import eventually
from tests.unit.portal.visitor import Visitor

AGENT, OUTSIDER = "dominique.portail@ministere.example", "sacha.portail@entreprise.example"
SENDER = "camille.portail@ville.example"
CONTENT = random_content(41, 12_800_000)


@pytest.fixture
async def browser(stack: Stack) -> AsyncIterator[Visitor]:
    headers = {"Sec-Fetch-Site": "same-origin", "Accept-Language": "fr"}
    async with httpx.AsyncClient(base_url=stack.gateway_url, headers=headers, timeout=60) as http:
        yield Visitor(http)


@pytest.fixture
def inbox(stack: Stack) -> Iterator[Inbox]:
    found = Inbox(stack.mailbox_url)
    yield found
    found.close()


async def come_in(browser: Visitor, inbox: Inbox, address: str) -> None:
    browser.cookies.clear()
    page = await browser.get("/access?kind=question")
    question = re.search(r'<label for="answer">([^<]*)</label>', page.text)
    assert question
    typed = {"email": address, "answer": answer_to(question[1])}
    assert (await browser.walk(await browser.send(page, "/access", **typed))).status_code == 200
    mail = inbox.wait(address, "access")
    entrance = f"/access/{mail.token('access')}"
    names = {"last_name": "Martin", "first_name": "Camille", "key": mail.key or ""}
    home = await browser.walk(await browser.send(await browser.get(entrance), entrance, **names))
    assert "Bonjour Camille Martin" in home.text


async def test_a_transfer_is_written_sent_approved_downloaded_followed_and_deleted(
    stack: Stack, browser: Visitor, inbox: Inbox
) -> None:
    await come_in(browser, inbox, SENDER)
    draft = await browser.walk(await browser.send(await browser.get("/"), "/drafts"))
    path = str(draft.url.path)
    typed = {"to": AGENT, "cc": f"Sacha <{OUTSIDER}>", "subject": "Relevés", "text": "Voici.", "validity_days": "7"}
    answer = await browser.send_file(draft, path, ("Relevés 2025.bin", CONTENT), "?then=recap", **typed)
    recap = await browser.walk(answer)
    assert "un agent destinataire devra valider" in recap.text
    assert "13\N{NO-BREAK SPACE}Mo" in recap.text
    sent = await browser.walk(await browser.send(recap, f"{path}/submission"))
    assert "En attente de validation" in sent.text
    assert AGENT in sent.text.replace("<wbr>", "")
    own = dict(browser.cookies)

    browser.cookies.clear()
    decision = f"/approve/{inbox.wait(AGENT, 'approve').token('approve')}"
    page = await browser.get(decision)
    assert OUTSIDER in page.text.replace("<wbr>", "")
    approved = await browser.walk(await browser.send(page, f"{decision}/approval"))
    assert "Validé" in approved.text

    offer = f"/download/{inbox.wait(OUTSIDER, 'download').token('download')}"
    page = await browser.get(offer)
    (action,) = re.findall(r'action="(/download/[^"]*/files/[^"]*)"', page.text)
    begun = await browser.send(page, action)
    assert begun.headers["location"].startswith(stack.files_url)
    async with httpx.AsyncClient(timeout=60) as files:
        assert (await files.get(begun.headers["location"])).content == CONTENT

    async def pressed_again() -> httpx.Response | None:
        """The last byte arrives shortly before the download service has recorded it."""
        answer = await browser.send(page, action)
        return answer if "?again=" in answer.headers["location"] else None

    again = await browser.walk(await eventually(pressed_again))
    assert "restent 2 téléchargements sur 3" in again.text
    assert "est terminé" in again.text

    browser.cookies.update(own)
    tracking = path.replace("/drafts/", "/tracking/")
    followed = await browser.get(tracking)
    assert "tout téléchargé" in followed.text
    await change_what_was_sent(browser, inbox, tracking, offer)
    gone = await browser.walk(await browser.send(await browser.get(f"{tracking}/delete"), f"{tracking}/delete"))
    assert "Supprimé par vous" in gone.text
    await come_in(browser, inbox, AGENT)
    received = await browser.get("/received?q=releves")
    assert SENDER in received.text.replace("<wbr>", "")
    assert 'class="row"' not in (await browser.get("/received?q=introuvable")).text


async def test_a_plain_form_accepts_a_hundred_megabytes_and_refuses_more_with_an_explanation(
    stack: Stack, browser: Visitor, inbox: Inbox
) -> None:
    await come_in(browser, inbox, "claude.formulaire@ville.example")
    draft = await browser.walk(await browser.send(await browser.get("/"), "/drafts"))
    path = str(draft.url.path)
    content = hashlib.shake_128(b"form").digest(100_000_000)
    typed = {"to": AGENT, "subject": "Cent", "text": "Voici.", "validity_days": "7"}
    taken = await browser.walk(await browser.send_file(draft, path, ("juste.bin", content), **typed))
    assert "juste.bin" in taken.text
    assert "1 fichier · 100\N{NO-BREAK SPACE}Mo" in taken.text

    more = await browser.send_file(taken, path, ("trop.bin", content + b"!"), **{**typed, "subject": "Cent et un"})
    assert more.status_code == 422
    assert "Ce fichier dépasse la taille acceptée par ce formulaire" in more.text
    assert 'id="file-error"' in more.text
    assert 'value="Cent et un"' in more.text

    far_more = {"Content-Length": "1000000001", "Content-Type": "multipart/form-data; boundary=b", **browser.cookie()}
    connection = http.client.HTTPConnection(urlsplit(stack.gateway_url).netloc, timeout=30)
    connection.request("POST", path, headers=far_more)
    page = await browser.get(connection.getresponse().headers["Location"])
    connection.close()
    assert page.status_code == 422
    assert "Ce fichier dépasse la taille acceptée par ce formulaire" in page.text
    assert "de 100\N{NO-BREAK SPACE}Mo au maximum" in page.text
    assert "le formulaire n’a pas été lu" in page.text
    kept = re.findall(r"\w[\w ]*\.bin", (await browser.get(path)).text)
    assert set(kept) == {"juste.bin"}


async def change_what_was_sent(browser: Visitor, inbox: Inbox, tracking: str, offer: str) -> None:
    """Use each action by its form: extend, resend, remind, revoke."""
    page = await browser.get(f"{tracking}/extend")
    extended = await browser.walk(await browser.send(page, f"{tracking}/extend", days="14"))
    assert "L’envoi est prolongé" in extended.text
    assert "plus longtemps" in inbox.wait(AGENT, "download", seen=1).subject
    resent = await browser.walk(await browser.send(extended, f"{tracking}/resend"))
    assert "Le courriel contenant le lien est en cours de renvoi" in resent.text
    assert inbox.wait(AGENT, "download", seen=2)
    reminded = await browser.walk(await browser.send(resent, f"{tracking}/remind"))
    assert "Un rappel est en cours d’envoi à un destinataire" in reminded.text
    assert "Rappel" in inbox.wait(AGENT, "download", seen=3).subject
    page = await browser.get(f"{tracking}/revoke/2")
    assert OUTSIDER in page.text.replace("<wbr>", "")
    revoked = await browser.walk(await browser.send(page, f"{tracking}/revoke"))
    assert "Révoqué par vous" in revoked.text
    dead = await browser.get(offer)
    assert dead.status_code == 410
    assert "Ce lien a été révoqué" in dead.text


async def test_viewing_pages_changes_nothing(stack: Stack, browser: Visitor, inbox: Inbox) -> None:
    for path in ("/", "/access", "/access/x", "/help", "/legal", "/accessibility", "/robots.txt"):
        head = await browser.http.head(path)
        assert (head.status_code, head.content) == (200, b""), path
    assert (await browser.get("/previews")).status_code == 404
    unknown = await browser.get("/download/" + "x" * 43)
    assert unknown.status_code == 404
    assert "Page introuvable" in unknown.text
    assert "script-src 'self'" in unknown.headers["content-security-policy"]
