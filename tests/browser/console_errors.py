"""Collects the errors of a browser's console: failing scripts, violated policies."""

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Response

POLICY = """addEventListener("securitypolicyviolation", (event) =>
  console.error(`the policy forbids ${event.violatedDirective} ${event.blockedURI}`))"""


class ConsoleErrors:
    """Listens to all pages of browser contexts; a page that answers 4xx is not an error."""

    def __init__(self) -> None:
        self._collected: list[tuple[str, str]] = []
        self._pages_answered: set[str] = set()
        self._excused: list[str] = []

    def expect(self, beginning: str) -> None:
        """Ignore errors with this beginning in this test."""
        self._excused.append(beginning)

    def listen_to(self, context: BrowserContext) -> None:
        """Listen to all present and future pages of a context."""
        context.add_init_script(POLICY)
        context.on("page", self._page)

    @property
    def errors(self) -> list[str]:
        """The collected errors, without those for pages that were answered with 4xx on purpose."""
        errors = [text for text, url in self._collected if not (_is_load(text) and url in self._pages_answered)]
        return [text for text in errors if not text.startswith(tuple(self._excused))]

    def clear(self) -> None:
        """Forget all errors and expectations."""
        self._collected.clear()
        self._excused.clear()
        self._pages_answered.clear()

    def _page(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._collected.append((f"a script failed: {error}", page.url)))
        page.on("response", self._response)
        # Without a listener, the browser would show its own file chooser.
        page.on("filechooser", lambda _chooser: None)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._collected.append((message.text, _page_of(str(message.location.get("url", "")))))

    def _response(self, response: Response) -> None:
        if response.request.is_navigation_request():
            self._pages_answered.add(_page_of(response.url))


def _page_of(url: str) -> str:
    """Return a URL without its query: a page that refreshes requests itself without a language."""
    return url.partition("?")[0]


def _is_load(text: str) -> bool:
    return text.startswith("Failed to load resource")
