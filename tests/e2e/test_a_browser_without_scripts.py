"""A real browser with scripts switched off: cookies, redirects and same-origin checks."""

import asyncio
import hashlib
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, async_playwright

from client.api import Api
from devstack.challenge_solver import solve as answer_to
from devstack.inbox import Inbox
from devstack.people import ApiUser
from devstack.stack import Stack

CHROMIUM = shutil.which("chromium-headless-shell")
SENDER, AGENT = "dominique.page@ministere.example", "claude.page@ministere.example"


@pytest.fixture
def inbox(stack: Stack) -> Iterator[Inbox]:
    found = Inbox(stack.mailbox_url)
    yield found
    found.close()


@pytest.fixture
async def context(stack: Stack) -> AsyncIterator[BrowserContext]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        opened = await browser.new_context(base_url=stack.gateway_url, java_script_enabled=False, locale="fr-FR")
        yield opened
        await browser.close()


async def come_in(page: Page, inbox: Inbox) -> None:
    seen = len(await asyncio.to_thread(inbox.with_page, SENDER, "access"))
    await page.goto("/access?kind=question")
    question = await page.locator("label[for=answer]").inner_text()
    await page.fill("#email", SENDER)
    await page.fill("#answer", answer_to(question))
    await page.click("text=M’envoyer un lien")
    mail = await asyncio.to_thread(inbox.wait, SENDER, "access", seen)
    await page.goto(f"/access/{mail.token('access')}")
    await page.fill("#last_name", "Bernard")
    await page.fill("#first_name", "Dominique")
    await page.fill("#key", mail.key or "")
    await page.click("button:has-text('Se connecter')")
    await page.wait_for_selector("text=Bonjour Dominique Bernard")


async def test_a_file_is_sent_and_downloaded_without_a_script(
    stack: Stack, context: BrowserContext, inbox: Inbox, tmp_path: Path
) -> None:
    file = tmp_path / "Été.bin"
    file.write_bytes(hashlib.shake_128(b"browser").digest(9 * 2**20 + 5))
    page = await context.new_page()
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
    await come_in(page, inbox)
    await page.click("button:has-text('Nouvel envoi')")
    await page.fill("#to", AGENT)
    await page.fill("#subject", "Sans script")
    await page.set_input_files("#file", file)
    await page.click("text=Continuer")
    await page.wait_for_selector("text=Aucune validation nécessaire")
    await page.click("button:has-text('Envoyer')")
    await page.click("text=Suivre cet envoi")
    await page.wait_for_selector("h2:has-text('État de l’envoi')")

    mail = await asyncio.to_thread(inbox.wait, AGENT, "download")
    await page.goto(f"/download/{mail.token('download')}")
    async with page.expect_download() as coming:
        await page.click("button:has-text('Télécharger')")
    saved = tmp_path / "saved"
    await (await coming.value).save_as(saved)
    assert saved.read_bytes() == file.read_bytes()
    assert (await coming.value).suggested_filename == "Été.bin"
    assert not told


async def test_a_file_that_is_too_large_for_the_form_is_refused_with_an_explanation(
    context: BrowserContext, inbox: Inbox, tmp_path: Path
) -> None:
    file = tmp_path / "Trop.bin"
    with file.open("wb") as out:
        out.truncate(150_000_000)
    page = await context.new_page()
    await come_in(page, inbox)
    await page.click("button:has-text('Nouvel envoi')")
    await page.fill("#subject", "Trop grand")
    await page.set_input_files("#file", file)
    await page.click("button:has-text('Ajouter et enregistrer')")
    await page.wait_for_selector("#file-error:has-text('dépasse la taille acceptée par ce formulaire')")
    assert await page.input_value("#subject") == "Trop grand"
    await page.click("a:has-text('Accueil')")
    await page.wait_for_selector("a:has-text('Trop grand')")


async def test_the_cookies_of_a_session_are_kept_by_the_browser_and_hidden_from_scripts(
    stack: Stack, context: BrowserContext, inbox: Inbox
) -> None:
    person = ApiUser(Api(stack.gateway_url), inbox, "camille.cookie@ville.example", "Camille", "Cookie")
    await asyncio.to_thread(person.request_link)
    mail = await asyncio.to_thread(person.wait_for_mail, "access")
    page = await context.new_page()
    await page.goto(f"/access/{mail.token('access')}")
    await page.fill("#last_name", "Cookie")
    await page.fill("#first_name", "Camille")
    await page.fill("#key", (mail.key or "").lower().replace("-", " "))
    await page.click("button:has-text('Se connecter')")
    await page.wait_for_selector("text=Bonjour Camille Cookie")
    cookies = await context.cookies()
    lasting = {"__Host-browser", "__Host-device"}
    assert {cookie["name"] for cookie in cookies} == {"__Host-session", *lasting}
    assert {(one["httpOnly"], one["secure"], one["sameSite"]) for one in cookies} == {(True, True, "Lax")}
    await page.click("text=Se déconnecter")
    await page.wait_for_selector("text=Recevoir un lien d’accès par courriel")
    assert {cookie["name"] for cookie in await context.cookies()} == lasting
    person.api.transport.close()
