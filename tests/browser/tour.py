"""Opens every page once for each language, and shows it in every colour scheme and width."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser.actions import ActionContext
from tests.browser.console_errors import ConsoleErrors
from tests.browser.pages import PageState
from tests.browser.people import set_session_cookie
from tests.browser.portal_server import PortalServer
from tests.browser.translator import LOCALES, translator
from tests.eventually import TIMEOUT_SECONDS
from tests.fakes.api.app import FakeApi
from tests.fakes.api.call import token

HEIGHTS = {1280: 900, 320: 700}


class View(NamedTuple):
    """A colour scheme and a width."""

    colour_scheme: str
    width: int

    def __str__(self) -> str:
        return f"{self.colour_scheme}-{self.width}"

    def apply(self, page: Page) -> None:
        """Apply the view, without animations."""
        page.set_viewport_size(ViewportSize(width=self.width, height=HEIGHTS[self.width]))
        forced: Any = "active" if self.colour_scheme == "forced" else "none"
        scheme: Any = "dark" if self.colour_scheme == "dark" else "light"
        page.emulate_media(color_scheme=scheme, forced_colors=forced, reduced_motion="reduce")


VIEWS = (View("light", 1280), View("dark", 1280), View("dark", 320), View("light", 320))
FORCED = View("forced", 1280)


class Tour:
    """One browser window in one language; `script` runs first in each page."""

    def __init__(self, browser: Browser, server: PortalServer, language: str, script: str = "") -> None:
        self.language = language
        self.console_errors = ConsoleErrors()
        self._server = server
        self._context = browser.new_context(locale=LOCALES[language], base_url=server.url)
        self._context.set_default_timeout(1000 * TIMEOUT_SECONDS)
        self._context.add_init_script(script)
        self.console_errors.listen_to(self._context)
        self._page = self._context.new_page()

    def close(self) -> None:
        self._context.close()

    @contextmanager
    def open(self, state: PageState) -> Iterator[tuple[Page, str]]:
        """Yield the page once it is ready, and its HTML as it was served."""
        api = self._server.api = FakeApi.populated()
        state.setup(api, self.language)
        self._set_session(state)
        self.console_errors.clear()
        for beginning in state.expected_errors:
            self.console_errors.expect(beginning)
        page = self._page
        VIEWS[0].apply(page)
        if not state.scripts:
            page.route("**/main-*.js", lambda route: route.fulfill(content_type="text/javascript", body=""))
        try:
            answer = page.goto(state.path)
            assert answer is not None
            page.wait_for_selector(state.settled)
            served = answer.text()
            state.do(ActionContext(page, translator(self.language), self._server))
            yield page, served
            assert api.violations == []
        except Exception as error:
            error.add_note(f"on {state.name}, {self.language}")
            raise
        finally:
            page.unroute_all()
            page.goto("about:blank")

    def _set_session(self, state: PageState) -> None:
        self._context.clear_cookies()
        if state.role:
            set_session_cookie(self._context, token(state.role, life=state.life))
