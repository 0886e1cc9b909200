"""Photographs every page in every state, language, light and width, for whoever wants to look at them.

`python -m tests.browser.screenshots [name …]` starts the portal in front of a fake API; the names are beginnings.
`--documents` takes, instead, the few that are kept in `docs/screenshots`.
"""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import launch
from tests.browser.pages import EVERY, State
from tests.browser.stage import Stage, on_stage
from tests.browser.tour import FORCED, VIEWS, Tour
from tests.browser.words import LOCALES

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / ".local" / "screenshots"
KEPT = PROJECT / "docs" / "screenshots"
DOCUMENTS = {"welcome": 0, "compose-sending": 0, "approve-with-session": 0, "download": 1, "tracking": 0}
COLOURS = 192


def main() -> None:
    """All of them, or those that were asked for."""
    names = tuple(name for name in sys.argv[1:] if not name.startswith("-"))
    wanted = [state for state in EVERY if state.name.startswith(names or ("",))]
    with _on_stage() as (browser, stage):
        if "--documents" in sys.argv:
            _document(browser, stage)
        else:
            _photograph(browser, stage, wanted)


@contextmanager
def _on_stage() -> Iterator[tuple[Browser, Stage]]:
    with sync_playwright() as playwright, launch(playwright) as browser, on_stage() as stage:
        yield browser, stage


def _photograph(browser: Browser, stage: Stage, wanted: list[State]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for language in LOCALES:
        tour = Tour(browser, stage, language)
        for state in wanted:
            with tour.open(state) as (page, _):
                for view in (*VIEWS, FORCED):
                    view.apply(page)
                    page.screenshot(path=FOLDER / f"{state.name}-{language}-{view}.png", full_page=True)
        tour.close()
    print(f"{len(wanted)} pages in {len(LOCALES)} languages, {len(list(FOLDER.glob('*.png')))} pictures in {FOLDER}")


def _document(browser: Browser, stage: Stage) -> None:
    """In French, with few colours, so that they are small."""
    KEPT.mkdir(parents=True, exist_ok=True)
    tour = Tour(browser, stage, "fr")
    for state in EVERY:
        if state.name in DOCUMENTS:
            with tour.open(state) as (page, _):
                VIEWS[DOCUMENTS[state.name]].apply(page)
                taken = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
            taken.quantize(COLOURS, dither=Image.Dither.NONE).save(KEPT / f"{state.name}.png", optimize=True)
    tour.close()


if __name__ == "__main__":
    main()
