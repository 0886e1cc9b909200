"""A person at the portal: a real browser, signed in with the link and the key of a mail."""

from types import TracebackType
from typing import Self

from playwright.sync_api import Page, sync_playwright

from bench.lighthouse import CHROMIUM
from bench.stage import Stage
from devstack.people import ACCESS

ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage")


class BrowserVisitor:
    """An agent's browser with a session; entering it starts the portal of the stack."""

    def __init__(self, stage: Stage, address: str) -> None:
        self._stage = stage
        self._address = address

    def __enter__(self) -> Self:
        self._stage.stack.start({"portal"})
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        self._context = self._browser.new_context(locale="fr-FR", base_url=self._stage.stack.gateway_url)
        self._context.set_default_timeout(60_000)
        self._come_in()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._browser.close()
        self._playwright.stop()

    @property
    def cookie(self) -> str:
        """Return the cookies as the browser sends them."""
        return "; ".join(f"{one['name']}={one['value']}" for one in self._context.cookies())

    @property
    def token(self) -> str:
        """Return the token of the session, for requests to the services on this person's behalf."""
        return next(one["value"] for one in self._context.cookies() if one["name"] == "__Host-session")

    def page(self) -> Page:
        """Open a tab."""
        return self._context.new_page()

    def page_at(self, url: str, path: str) -> Page:
        """Open a page at another port of the same host, where the session's cookie is valid too."""
        page = self.page()
        page.goto(f"{url}{path}")
        return page

    def pids(self) -> dict[str, list[int]]:
        """Return the process ids of the browser by type: browser, renderer, utility, gpu."""
        told = self._browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
        found: dict[str, list[int]] = {}
        for one in told:
            found.setdefault(str(one["type"]).lower(), []).append(int(one["id"]))
        return found

    def _come_in(self) -> None:
        letter = self._stage.request_link(self._address)
        page = self.page()
        page.goto(f"/access/{letter.token(ACCESS)}")
        page.fill("#last_name", "Mesure")
        page.fill("#first_name", "Agent")
        page.fill("#key", str(letter.key))
        page.click("form.sheet button")
        page.get_by_role("heading", name="Bonjour").wait_for()
        page.close()
