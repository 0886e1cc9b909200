"""R36: with a browser's own list of downloads, pause, resume and an interruption use one download of three."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect, sync_playwright
from playwright.sync_api import Error as Interrupted

from tests.contents import random_content
from tests.e2e.downloads import MIB, ON_THE_WAY, offered, same
from tests.e2e.pausing_proxy import PausePoint, PausingProxy
from tests.e2e.scenario import Scenario
from tests.eventually import TIMEOUT_SECONDS, until

ENOUGH = 4 * MIB
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"


def content() -> bytes:
    return random_content(36, ENOUGH + ON_THE_WAY + 2 * MIB)


@contextmanager
def browser(folder: Path, proxy: PausingProxy) -> Iterator[BrowserContext]:
    """Chromium, with this line as its proxy."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        found = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=CHROMIUM,
            args=["--no-sandbox"],
            accept_downloads=True,
            downloads_path=folder,
            proxy={"server": proxy.url},
        )
        found.set_default_timeout(1000 * TIMEOUT_SECONDS)
        yield found
        found.close()


def pause_or_resume(downloads: Page) -> None:
    """As a person does it, in the menu of the browser's list of downloads."""
    downloads.locator("#more-actions").click()
    downloads.locator("#pause-or-resume").click()


def test_a_browser_pauses_is_interrupted_and_resumes(scenario: Scenario, tmp_path: Path) -> None:
    (mine,) = offered(scenario, content())
    url = mine.begin()
    with PausingProxy() as proxy, browser(tmp_path, proxy) as context:
        proxy.pause_after(PausePoint("down", ENOUGH))
        with suppress(Interrupted):  # going to a download is not going to a page
            context.pages[0].goto(url)
        until(proxy.is_paused, "a part of it has come")
        downloads = context.new_page()
        downloads.goto("chrome://downloads")
        pause_or_resume(downloads)
        expect(downloads.locator("downloads-item")).to_contain_text("Paused", timeout=1000 * TIMEOUT_SECONDS)
        proxy.disconnect()
        paused_at = proxy.received_bytes
        assert (mine.done, mine.left) == (0, 2)
        pause_or_resume(downloads)
        until(lambda: any(same(one, content()) for one in tmp_path.iterdir()), "the file is whole")
    assert proxy.received_bytes < len(content()) + paused_at, "what had come was not sent again"
    until(lambda: mine.done == 1, "it counts, once")
    assert mine.left == 2
