"""A recipient opens the mail and downloads one file or everything; refusals are explained."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect
from pymongo import MongoClient

from devstack.people import DECISION, ApiUser
from tests.browser.keyboard import Keyboard
from tests.browser.people import AGENTS, EXTERNAL, BrowserScenario
from tests.browser.translator import Translator, translator

FARTHER = "entreprise.example"
FILES = {"Été/plan.txt": b"le plan", "relevés.csv": b"a;b\n" * 50_000, "vide.txt": b""}
REFERENCE = re.compile(r"^[0-9a-f]{32}$")
TOO_LATE = "Failed to load resource: the server responded with a status of 410"  # a page says that it was opened
PAST = timedelta(minutes=1)


@pytest.fixture
def let_it_end(scenario: BrowserScenario) -> Iterator[Callable[[str], None]]:
    """Move the end of a transfer into the past, for all who hold it."""
    with MongoClient[dict[str, Any]](scenario.stack.mongo_admin_url, tz_aware=True) as mongo:

        def end(transfer: str) -> None:
            past = {"$set": {"ends_at": datetime.now(UTC) - PAST}}
            mongo["upload"]["transfers"].update_one({"_id": transfer}, past)
            mongo["download"]["links"].update_many({"transfer": transfer}, past)
            mongo["download"]["deliveries"].update_one({"_id": transfer}, past)

        yield end


def offered(
    scenario: BrowserScenario, language: str = "fr", files: dict[str, bytes] | None = None
) -> tuple[Page, str, ApiUser]:
    """The page that the mail of a recipient leads to, in a browser that was never here."""
    other = scenario.new_person(FARTHER, "sacha")
    transfer = scenario.send(scenario.known_person(AGENTS, "dominique"), [other], files or FILES)
    page = scenario.window(language).new_page()
    page.goto(scenario.link(other))
    return page, transfer, other


def one(page: Page, say: Translator, name: str) -> Locator:
    return page.locator(".offered").filter(has_text=name).get_by_role("button", name=say("Download"))


def fetched(page: Page, button: Locator) -> tuple[str, bytes]:
    """The name and the content of what comes."""
    with page.expect_download() as coming:
        button.click()
    return coming.value.suggested_filename, Path(coming.value.path()).read_bytes()


@pytest.mark.parametrize("language", ["fr"])
def test_one_file_then_everything_then_the_limit(scenario: BrowserScenario, language: str) -> None:
    say = translator(language)
    page, _, _ = offered(scenario, language)
    assert fetched(page, one(page, say, "relevés.csv")) == ("relevés.csv", FILES["relevés.csv"])
    name, archive = fetched(page, page.get_by_role("button", name=say("Download everything")))
    assert name.endswith(".zip")
    with zipfile.ZipFile(io.BytesIO(archive)) as zipped:
        assert {each: zipped.read(each) for each in zipped.namelist()} == FILES
    page.reload()
    left = say.many("%(n)s download of %(limit)s left", "%(n)s downloads of %(limit)s left", 1, limit=3)
    expect(page.locator(".offered").filter(has_text="relevés.csv")).to_contain_text(left)

    stale = page.context.new_page()
    stale.goto(page.url)
    fetched(page, one(page, say, "relevés.csv"))
    page.reload()
    spent = page.locator(".offered").filter(has_text="relevés.csv")
    expect(spent).to_contain_text(say("Download limit reached. Ask the sender to send it again."))
    expect(spent.get_by_role("button")).to_have_count(0)
    one(stale, say, "relevés.csv").click()
    refused(stale, say, "Download limit reached")


def test_with_the_keyboard_alone(scenario: BrowserScenario) -> None:
    page, _, _ = offered(scenario)
    keyboard = Keyboard(page)
    for button in (
        one(page, translator("fr"), "plan.txt"),
        page.get_by_role("button", name=translator("fr")("Download everything")),
    ):
        page.reload()
        keyboard.to(button)
        with page.expect_download() as coming:
            keyboard.press("Enter")
        assert Path(coming.value.path()).stat().st_size > 0


@pytest.mark.parametrize("language", ["en"])
def test_expired_deleted_refused_and_unknown_links_are_explained(
    scenario: BrowserScenario, language: str, let_it_end: Callable[[str], None]
) -> None:
    say = translator(language)
    scenario.console_errors.expect(TOO_LATE)
    page, transfer, _ = offered(scenario, language)
    link = page.url
    let_it_end(transfer)
    page.reload()
    refused(page, say, "This link has expired")

    page.goto(link[:-1] + ("A" if link[-1] != "A" else "Q"))
    expect(page.get_by_role("heading", level=1)).to_have_text(say("Page not found"))

    page, transfer, other = offered(scenario, language)
    token = page.url.rpartition("/")[2]
    begun = other.api.start_download(token, other.api.offer(token).files[0].file, str(uuid4())).url
    scenario.known_person(AGENTS, "dominique").api.withdraw(transfer)
    scenario.wait_for_the_end(other)
    page.get_by_role("button", name=say("Download everything")).click()
    refused(page, say, "The sender has deleted this transfer")
    page.goto(begun)
    refused(page, say, "The sender has deleted this transfer")

    agent = scenario.new_person(AGENTS, "claude")
    scenario.send(scenario.known_person(EXTERNAL), [agent, scenario.new_person(FARTHER, "sacha")], FILES)
    token = agent.wait_for_mail(DECISION).token(DECISION)
    agent.api.refuse(token, agent.api.approval_request(token).snapshot.digest, "Non.")
    scenario.wait_for_the_end(agent)
    page.goto(scenario.link(agent))
    refused(page, say, "This transfer was refused")


def refused(page: Page, say: Translator, heading: str) -> None:
    """What happened, what to do, whom to ask, and a reference."""
    expect(page.get_by_role("heading", level=1)).to_have_text(say(heading))
    expect(page.get_by_role("heading", name=say("What to do"))).to_be_visible()
    expect(page.get_by_role("heading", name=say("Who to contact"))).to_be_visible()
    expect(page.locator(".reference")).to_have_text(REFERENCE)
