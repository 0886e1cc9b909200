"""Through all the pages in one window, once a language: each is opened once, and looked at in every light and width."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser.doing import Scene
from tests.browser.pages import State
from tests.browser.seats import sit_down
from tests.browser.stage import Stage
from tests.browser.watching import Watch
from tests.browser.words import LOCALES, words
from tests.eventually import PATIENCE_SECONDS
from tests.fakes.api.app import FakeApi
from tests.fakes.api.call import token

HEIGHTS = {1280: 900, 320: 700}


class View(NamedTuple):
    """A light and a width."""

    light: str
    width: int

    def __str__(self) -> str:
        return f"{self.light}-{self.width}"

    def apply(self, page: Page) -> None:
        """Nothing moves, so that nothing is looked at half-way."""
        page.set_viewport_size(ViewportSize(width=self.width, height=HEIGHTS[self.width]))
        forced: Any = "active" if self.light == "forced" else "none"
        scheme: Any = "dark" if self.light == "dark" else "light"
        page.emulate_media(color_scheme=scheme, forced_colors=forced, reduced_motion="reduce")


VIEWS = (View("light", 1280), View("dark", 1280), View("dark", 320), View("light", 320))
FORCED = View("forced", 1280)


class Tour:
    """One browser window in one language, in front of a stage; `script` runs first in each page."""

    def __init__(self, browser: Browser, stage: Stage, language: str, script: str = "") -> None:
        self.language = language
        self.watch = Watch()
        self._stage = stage
        self._context = browser.new_context(locale=LOCALES[language], base_url=stage.url)
        self._context.set_default_timeout(1000 * PATIENCE_SECONDS)
        self._context.add_init_script(script)
        self.watch.over(self._context)
        self._page = self._context.new_page()

    def close(self) -> None:
        self._context.close()

    @contextmanager
    def open(self, state: State) -> Iterator[tuple[Page, str]]:
        """The page once it has settled, and its HTML as it was served."""
        api = self._stage.api = FakeApi.populated()
        state.play(api, self.language)
        self._sit_down(state)
        self.watch.forget()
        for beginning in state.excused:
            self.watch.excuse(beginning)
        page = self._page
        VIEWS[0].apply(page)
        if not state.scripts:
            page.route("**/main-*.js", lambda route: route.fulfill(content_type="text/javascript", body=""))
        try:
            answer = page.goto(state.path)
            assert answer is not None
            page.wait_for_selector(state.settled)
            served = answer.text()
            state.do(Scene(page, words(self.language), self._stage))
            yield page, served
            assert api.violations == []
        except Exception as error:
            error.add_note(f"on {state.name}, {self.language}")
            raise
        finally:
            page.unroute_all()
            page.goto("about:blank")

    def _sit_down(self, state: State) -> None:
        self._context.clear_cookies()
        if state.role:
            sit_down(self._context, token(state.role, life=state.life))
