"""What a browser complains about on the way through the pages: scripts that fail, policies that are broken."""

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Response

POLICY = """addEventListener("securitypolicyviolation", (event) =>
  console.error(`the policy forbids ${event.violatedDirective} ${event.blockedURI}`))"""


class Watch:
    """Hears every page of the contexts that it was shown; a refusal that is a page of its own is no complaint."""

    def __init__(self) -> None:
        self._heard: list[tuple[str, str]] = []
        self._pages_answered: set[str] = set()
        self._excused: list[str] = []

    def excuse(self, beginning: str) -> None:
        """What begins so is expected in this story."""
        self._excused.append(beginning)

    def over(self, context: BrowserContext) -> None:
        """Listen to all pages of a context, those that are still to come too."""
        context.add_init_script(POLICY)
        context.on("page", self._page)

    @property
    def complaints(self) -> list[str]:
        """What was heard, but for pages that were answered with 4xx on purpose, which a browser calls an error."""
        told = [text for text, url in self._heard if not (_is_load(text) and url in self._pages_answered)]
        return [text for text in told if not text.startswith(tuple(self._excused))]

    def forget(self) -> None:
        """Begin anew."""
        self._heard.clear()
        self._excused.clear()
        self._pages_answered.clear()

    def _page(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._heard.append((f"a script failed: {error}", page.url)))
        page.on("response", self._response)
        # Whoever asks for a file chooser later may ask after the key was pressed: the browser would show its own.
        page.on("filechooser", lambda _chooser: None)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._heard.append((message.text, _page_of(str(message.location.get("url", "")))))

    def _response(self, response: Response) -> None:
        if response.request.is_navigation_request():
            self._pages_answered.add(_page_of(response.url))


def _page_of(url: str) -> str:
    """Pages that keep up ask for themselves again, in no particular language."""
    return url.partition("?")[0]


def _is_load(text: str) -> bool:
    return text.startswith("Failed to load resource")
