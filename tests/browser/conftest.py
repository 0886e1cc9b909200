"""A browser in front of the real stack, and people who use it; every error in the browser's console fails a test."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from devstack.inbox import Inbox
from devstack.stack import Stack
from tests.browser.people import BrowserScenario, BrowserUser
from tests.browser.uploads import MIB
from tests.eventually import TIMEOUT_SECONDS

CHROMIUM = shutil.which("chromium-headless-shell")
"""The same engine without a desktop interface, at two thirds of the processor time."""
expect.set_options(timeout=1000 * TIMEOUT_SECONDS)


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """Closed before the tests of other folders, because no other event loop can run while Playwright is active."""
    with sync_playwright() as found:
        yield found


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium."""
    found = launch(playwright)
    yield found
    found.close()


def launch(playwright: Playwright, *arguments: str) -> Browser:
    """Start another browser."""
    return playwright.chromium.launch(
        executable_path=CHROMIUM, args=["--no-sandbox", *arguments], timeout=1000 * TIMEOUT_SECONDS
    )


@pytest.fixture(scope="package")
def browser_scenario(
    browser: Browser, stack: Stack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BrowserScenario]:
    inbox = Inbox(stack.mailbox_url)
    scenario = BrowserScenario(stack, browser, inbox, tmp_path_factory.mktemp("disk"))
    yield scenario
    scenario.close()
    inbox.close()


@pytest.fixture
def scenario(browser_scenario: BrowserScenario) -> Iterator[BrowserScenario]:
    """Close all windows afterwards, and assert that no window had a console error."""
    browser_scenario.console_errors.clear()
    yield browser_scenario
    browser_scenario.close_windows()
    assert browser_scenario.console_errors.errors == []


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of ten parts of 8 MiB, the last one shorter."""
    path = tmp_path_factory.mktemp("large") / "Relevés 2025.bin"
    with path.open("wb") as out:
        for number in range(76):
            out.write(hashlib.sha256(str(number).encode()).digest() * (MIB // 32))
    return path


@pytest.fixture
def open_browser(scenario: BrowserScenario) -> Callable[[str], BrowserUser]:
    """Return a signed-in person of this domain with a browser."""
    return scenario.signed_in_browser
