"""A recipient opens the mail and downloads: one file, everything, by keyboard; and is told apart what cannot be had."""

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

from devstack.people import DECISION, Person
from tests.browser.keys import Keys
from tests.browser.seats import AGENTS, OUTSIDE, House
from tests.browser.words import Words, words

FARTHER = "entreprise.example"
FILES = {"Été/plan.txt": b"le plan", "relevés.csv": b"a;b\n" * 50_000, "vide.txt": b""}
REFERENCE = re.compile(r"^[0-9a-f]{32}$")
TOO_LATE = "Failed to load resource: the server responded with a status of 410"  # a page says that it was opened
PAST = timedelta(minutes=1)


@pytest.fixture
def let_it_end(house: House) -> Iterator[Callable[[str], None]]:
    """Moves the end of a transfer into the past, for all who hold it."""
    with MongoClient[dict[str, Any]](house.stack.mongo_admin_url, tz_aware=True) as mongo:

        def end(transfer: str) -> None:
            past = {"$set": {"ends_at": datetime.now(UTC) - PAST}}
            mongo["upload"]["transfers"].update_one({"_id": transfer}, past)
            mongo["download"]["links"].update_many({"transfer": transfer}, past)
            mongo["download"]["deliveries"].update_one({"_id": transfer}, past)

        yield end


def offered(house: House, language: str = "fr", files: dict[str, bytes] | None = None) -> tuple[Page, str, Person]:
    """The page that the mail of a recipient leads to, in a browser that was never here."""
    other = house.stranger(FARTHER, "sacha")
    transfer = house.send(house.known(AGENTS, "dominique"), [other], files or FILES)
    page = house.window(language).new_page()
    page.goto(house.link(other))
    return page, transfer, other


def one(page: Page, say: Words, name: str) -> Locator:
    return page.locator(".offered").filter(has_text=name).get_by_role("button", name=say("Download"))


def fetched(page: Page, button: Locator) -> tuple[str, bytes]:
    """The name and the content of what comes."""
    with page.expect_download() as coming:
        button.click()
    return coming.value.suggested_filename, Path(coming.value.path()).read_bytes()


@pytest.mark.parametrize("language", ["fr"])
def test_one_file_then_everything_then_the_limit(house: House, language: str) -> None:
    say = words(language)
    page, _, _ = offered(house, language)
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


def test_with_the_keyboard_alone(house: House) -> None:
    page, _, _ = offered(house)
    keys = Keys(page)
    for button in (
        one(page, words("fr"), "plan.txt"),
        page.get_by_role("button", name=words("fr")("Download everything")),
    ):
        page.reload()
        keys.to(button)
        with page.expect_download() as coming:
            keys.press("Enter")
        assert Path(coming.value.path()).stat().st_size > 0


@pytest.mark.parametrize("language", ["en"])
def test_what_ended_what_was_deleted_what_was_refused_and_what_never_was(
    house: House, language: str, let_it_end: Callable[[str], None]
) -> None:
    say = words(language)
    house.watch.excuse(TOO_LATE)
    page, transfer, _ = offered(house, language)
    link = page.url
    let_it_end(transfer)
    page.reload()
    refused(page, say, "This link has expired")

    page.goto(link[:-1] + ("A" if link[-1] != "A" else "Q"))
    expect(page.get_by_role("heading", level=1)).to_have_text(say("Page not found"))

    page, transfer, other = offered(house, language)
    token = page.url.rpartition("/")[2]
    begun = other.api.begin_download(token, other.api.offer(token).files[0].file, str(uuid4())).url
    house.known(AGENTS, "dominique").api.withdraw(transfer)
    house.heard_of_the_end(other)
    page.get_by_role("button", name=say("Download everything")).click()
    refused(page, say, "The sender has deleted this transfer")
    page.goto(begun)
    refused(page, say, "The sender has deleted this transfer")

    agent = house.stranger(AGENTS, "claude")
    house.send(house.known(OUTSIDE), [agent, house.stranger(FARTHER, "sacha")], FILES)
    token = agent.letter(DECISION).token(DECISION)
    agent.api.refuse(token, agent.api.to_decide(token)["shown"]["digest"], "Non.")
    house.heard_of_the_end(agent)
    page.goto(house.link(agent))
    refused(page, say, "This transfer was refused")


def refused(page: Page, say: Words, heading: str) -> None:
    """What happened, what to do, whom to ask, and a reference."""
    expect(page.get_by_role("heading", level=1)).to_have_text(say(heading))
    expect(page.get_by_role("heading", name=say("What to do"))).to_be_visible()
    expect(page.get_by_role("heading", name=say("Who to contact"))).to_be_visible()
    expect(page.locator(".reference")).to_have_text(REFERENCE)
