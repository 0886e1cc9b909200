"""A browser in front of the real stack, and people who come in; whatever the browser complains about fails a story."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from devstack.inbox import Inbox
from devstack.stack import Stack
from tests.browser.seats import House, Seated
from tests.browser.uploads import MIB
from tests.eventually import PATIENCE_SECONDS

CHROMIUM = shutil.which("chromium-headless-shell")
"""The same engine without the windows, menus and lists of a desktop, at two thirds of the processor time."""
expect.set_options(timeout=1000 * PATIENCE_SECONDS)


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """Gone before the tests of other folders, because as long as a browser is driven no other event loop runs."""
    with sync_playwright() as found:
        yield found


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium."""
    found = launch(playwright)
    yield found
    found.close()


def launch(playwright: Playwright, *arguments: str) -> Browser:
    """One more of them."""
    return playwright.chromium.launch(
        executable_path=CHROMIUM, args=["--no-sandbox", *arguments], timeout=1000 * PATIENCE_SECONDS
    )


@pytest.fixture(scope="package")
def everybody(browser: Browser, stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    letters = Inbox(stack.mailbox_url)
    house = House(stack, browser, letters, tmp_path_factory.mktemp("disk"))
    yield house
    house.close()
    letters.close()


@pytest.fixture
def house(everybody: House) -> Iterator[House]:
    """All windows are closed afterwards, and nothing was complained about in any of them."""
    everybody.watch.forget()
    yield everybody
    everybody.leave()
    assert everybody.watch.complaints == []


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten parts of eight MiB, the last one shorter."""
    path = tmp_path_factory.mktemp("large") / "Relevés 2025.bin"
    with path.open("wb") as out:
        for number in range(76):
            out.write(hashlib.sha256(str(number).encode()).digest() * (MIB // 32))
    return path


@pytest.fixture
def come_in(house: House) -> Callable[[str], Seated]:
    """Somebody of this domain, in front of a browser of their own."""
    return house.seat
