"""R36: pause, resume, and go on after a cut: with a browser's own list of downloads it needs one of the three."""

import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, expect, sync_playwright
from playwright.sync_api import Error as Interrupted

from tests.e2e.fetching import MIB, ON_THE_WAY, offered, same
from tests.e2e.line import Line
from tests.e2e.world import World, until

CONTENT = random.Random(36).randbytes(2 * ON_THE_WAY)
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"


@contextmanager
def browser(folder: Path, port: int, line: Line) -> Iterator[BrowserContext]:
    """Chromium, which comes to that port by this line."""
    arguments = ["--no-sandbox", f"--host-resolver-rules=MAP 127.0.0.1:{port} 127.0.0.1:{line.port}"]
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        found = playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=arguments, accept_downloads=True, downloads_path=folder
        )
        yield found
        found.close()


def pause_or_resume(downloads: Page) -> None:
    """As a person does it, in the menu of the browser's list of downloads."""
    downloads.locator("#more-actions").click()
    downloads.locator("#pause-or-resume").click()


def test_a_browser_pauses_is_cut_and_goes_on(world: World, tmp_path: Path) -> None:
    (mine,) = offered(world, CONTENT)
    url = mine.begin()
    port = urlsplit(url).port or 80
    with Line(port, bytes_per_second=10 * MIB) as line, browser(tmp_path, port, line) as context:
        with suppress(Interrupted):  # going to a download is not going to a page
            context.pages[0].goto(url)
        until(lambda: line.carried_bytes > 4 * MIB, "a part of it has come")
        downloads = context.new_page()
        downloads.goto("chrome://downloads")
        pause_or_resume(downloads)
        expect(downloads.locator("downloads-item")).to_contain_text("Paused")
        line.cut()
        paused_at = line.carried_bytes
        assert paused_at < len(CONTENT)
        assert (mine.done, mine.left) == (0, 2)
        pause_or_resume(downloads)
        until(lambda: any(same(one, CONTENT) for one in tmp_path.iterdir()), "the file is whole")
    assert line.carried_bytes < len(CONTENT) + paused_at, "what had come was not sent again"
    until(lambda: mine.done == 1, "it counts, once")
    assert mine.left == 2
