"""A browser in front of the real stack, and people who come in by its pages."""

import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from client.api import Api
from devstack.letters import Letters
from devstack.people import ACCESS, Person
from devstack.stack import Stack

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"


@dataclass
class Seated:
    """Somebody in front of a browser, whose session is also a client's."""

    person: Person
    context: BrowserContext

    @property
    def api(self) -> Api:
        """To look at what the pages did."""
        return self.person.api


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium; gone before the tests of other folders, because as long as it is driven no other event loop runs."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def come_in(browser: Browser, stack: Stack) -> Iterator[Callable[[str], Seated]]:
    """Somebody of this domain, who has used the link and the key of their mail in the browser."""
    letters = Letters(stack.mailbox_url)
    seated: list[Seated] = []

    def sit_down(domain: str) -> Seated:
        somebody = Person(
            Api(stack.gateway_url), letters, f"camille.{uuid.uuid4().hex[:8]}@{domain}", "Camille", "Martin"
        )
        context = browser.new_context(locale="fr-FR", base_url=stack.gateway_url)
        context.set_default_timeout(20_000)
        seated.append(Seated(somebody, context))
        somebody.sign_in()
        _sign_in(context.new_page(), somebody)
        return seated[-1]

    yield sit_down
    for one in seated:
        one.context.close()
        one.api.wire.close()
    letters.close()


def _sign_in(page: Page, somebody: Person) -> None:
    somebody.ask_for_link()
    letter = somebody.letter(ACCESS, 1)
    page.goto(f"/access/{letter.token(ACCESS)}")
    page.get_by_label("Nom", exact=True).fill(somebody.last_name)
    page.get_by_label("Prénom").fill(somebody.first_name)
    page.get_by_label("Clé").fill(str(letter.key))
    page.locator("form.sheet button").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Bonjour")
    page.close()
