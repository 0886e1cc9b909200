"""R36: pause, resume, and go on after a cut: with a browser's own list of downloads it needs one of the three."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect, sync_playwright
from playwright.sync_api import Error as Interrupted

from tests.contents import noise
from tests.e2e.fetching import MIB, ON_THE_WAY, offered, same
from tests.e2e.line import Line, Stop
from tests.e2e.world import World
from tests.eventually import PATIENCE_SECONDS, until

ENOUGH = 4 * MIB
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"


def content() -> bytes:
    return noise(36, ENOUGH + ON_THE_WAY + 2 * MIB)


@contextmanager
def browser(folder: Path, line: Line) -> Iterator[BrowserContext]:
    """Chromium, with this line as its proxy."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        found = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=CHROMIUM,
            args=["--no-sandbox"],
            accept_downloads=True,
            downloads_path=folder,
            proxy={"server": line.url},
        )
        found.set_default_timeout(1000 * PATIENCE_SECONDS)
        yield found
        found.close()


def pause_or_resume(downloads: Page) -> None:
    """As a person does it, in the menu of the browser's list of downloads."""
    downloads.locator("#more-actions").click()
    downloads.locator("#pause-or-resume").click()


def test_a_browser_pauses_is_cut_and_goes_on(world: World, tmp_path: Path) -> None:
    (mine,) = offered(world, content())
    url = mine.begin()
    with Line() as line, browser(tmp_path, line) as context:
        line.hold_after(Stop("down", ENOUGH))
        with suppress(Interrupted):  # going to a download is not going to a page
            context.pages[0].goto(url)
        until(line.is_held, "a part of it has come")
        downloads = context.new_page()
        downloads.goto("chrome://downloads")
        pause_or_resume(downloads)
        expect(downloads.locator("downloads-item")).to_contain_text("Paused", timeout=1000 * PATIENCE_SECONDS)
        line.cut()
        paused_at = line.carried_bytes
        assert (mine.done, mine.left) == (0, 2)
        pause_or_resume(downloads)
        until(lambda: any(same(one, content()) for one in tmp_path.iterdir()), "the file is whole")
    assert line.carried_bytes < len(content()) + paused_at, "what had come was not sent again"
    until(lambda: mine.done == 1, "it counts, once")
    assert mine.left == 2
