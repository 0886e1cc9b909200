"""Takes screenshots of every page in every state, language, colour scheme and width.

`python -m tests.browser.screenshots [name …]` starts the portal in front of a fake API; the names are beginnings.
`--documents` takes only those that are kept in `docs/screenshots`.
"""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import launch
from tests.browser.pages import EVERY, PageState
from tests.browser.portal_server import PortalServer, run_portal_server
from tests.browser.tour import FORCED, VIEWS, Tour
from tests.browser.translator import LOCALES

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / ".local" / "screenshots"
KEPT = PROJECT / "docs" / "screenshots"
DOCUMENTS = {"welcome": 0, "compose-sending": 0, "approve-with-session": 0, "download": 1, "tracking": 0}
COLOURS = 192


def main() -> None:
    """Take all screenshots, or the requested ones."""
    names = tuple(name for name in sys.argv[1:] if not name.startswith("-"))
    wanted = [state for state in EVERY if state.name.startswith(names or ("",))]
    with _browser_and_server() as (browser, server):
        if "--documents" in sys.argv:
            _take_documentation(browser, server)
        else:
            _take_screenshots(browser, server, wanted)


@contextmanager
def _browser_and_server() -> Iterator[tuple[Browser, PortalServer]]:
    with sync_playwright() as playwright, launch(playwright) as browser, run_portal_server() as server:
        yield browser, server


def _take_screenshots(browser: Browser, server: PortalServer, wanted: list[PageState]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for language in LOCALES:
        tour = Tour(browser, server, language)
        for state in wanted:
            with tour.open(state) as (page, _):
                for view in (*VIEWS, FORCED):
                    view.apply(page)
                    page.screenshot(path=FOLDER / f"{state.name}-{language}-{view}.png", full_page=True)
        tour.close()
    print(f"{len(wanted)} pages in {len(LOCALES)} languages, {len(list(FOLDER.glob('*.png')))} pictures in {FOLDER}")


def _take_documentation(browser: Browser, server: PortalServer) -> None:
    """Take the screenshots of the documentation, in French, with few colours to keep them small."""
    KEPT.mkdir(parents=True, exist_ok=True)
    tour = Tour(browser, server, "fr")
    for state in EVERY:
        if state.name in DOCUMENTS:
            with tour.open(state) as (page, _):
                VIEWS[DOCUMENTS[state.name]].apply(page)
                taken = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
            taken.quantize(COLOURS, dither=Image.Dither.NONE).save(KEPT / f"{state.name}.png", optimize=True)
    tour.close()


if __name__ == "__main__":
    main()
