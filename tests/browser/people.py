"""People in front of a browser, on the real stack: each signs in once and keeps the session."""

import uuid
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from client.api import Api
from client.draft_fields import DraftFields
from client.sources import SourceFile
from client.upload import Uploader
from devstack.inbox import Inbox
from devstack.people import DECISION, OFFER, ApiUser
from devstack.ports import LOOPBACK
from devstack.stack import Stack
from portal.sessions import COOKIE
from tests.browser.console_errors import ConsoleErrors
from tests.browser.translator import LOCALES, Translator, translator
from tests.e2e.scenario import refused
from tests.eventually import TIMEOUT_SECONDS, until

AGENTS = "ministere.example"
EXTERNAL = "ville.example"


@dataclass
class BrowserUser:
    """A person with a browser and an API client that share a session."""

    person: ApiUser
    context: BrowserContext
    say: Translator

    @property
    def api(self) -> Api:
        """The client, to check what the pages did."""
        return self.person.api

    @property
    def address(self) -> str:
        return self.person.address

    def open(self, path: str) -> Page:
        """Open a page in a new tab."""
        page = self.context.new_page()
        page.goto(path)
        return page


@dataclass
class BrowserScenario:
    """The stack, its inbox, one browser, and everybody who uses it."""

    stack: Stack
    browser: Browser
    inbox: Inbox
    folder: Path
    console_errors: ConsoleErrors = field(default_factory=ConsoleErrors)
    _known: dict[str, ApiUser] = field(default_factory=dict)
    _open: list[BrowserContext] = field(default_factory=list)
    _apis: list[Api] = field(default_factory=list)

    def new_person(self, domain: str, name: str = "camille") -> ApiUser:
        """Return a new person with a mailbox."""
        address = f"{name}.{uuid.uuid4().hex[:8]}@{domain}"
        self._apis.append(Api(self.stack.gateway_url))
        return ApiUser(self._apis[-1], self.inbox, address, name.capitalize(), "Martin")

    def known_person(self, domain: str, name: str = "camille") -> ApiUser:
        """Return a person with a session, the same one in all tests."""
        if (key := f"{name}@{domain}") not in self._known:
            self._known[key] = self.new_person(domain, name)
            self._known[key].sign_in()
        return self._known[key]

    def window(
        self, language: str = "fr", person: ApiUser | None = None, scripts: bool = True, proxy: str = ""
    ) -> BrowserContext:
        """Open a browser context, with a person's session if they have one; `proxy` is a proxy's URL."""
        context = self.browser.new_context(
            locale=LOCALES[language],
            base_url=self.stack.gateway_url,
            java_script_enabled=scripts,
            proxy={"server": proxy} if proxy else None,
        )
        context.set_default_timeout(1000 * TIMEOUT_SECONDS)
        self.console_errors.listen_to(context)
        self._open.append(context)
        if person and person.api.transport.token:
            set_session_cookie(context, person.api.transport.token)
        return context

    def signed_in_browser(
        self, domain: str, language: str = "fr", name: str = "camille", proxy: str = ""
    ) -> BrowserUser:
        """Return a known person with a new browser context."""
        person = self.known_person(domain, name)
        return BrowserUser(person, self.window(language, person, proxy=proxy), translator(language))

    def send(self, sender: ApiUser, to: list[ApiUser], files: dict[str, bytes], subject: str = "Relevés") -> str:
        """Send a transfer with the client library."""
        draft = str(uuid.uuid4())
        sender.api.create_draft(draft)
        written = DraftFields(to=tuple(one.address for one in to), subject=subject, text="Voici les relevés.")
        sender.api.edit_draft(draft, **written.to_json())
        sources = [self._source(name, content) for name, content in files.items()]
        Uploader(sender.api).send_all(draft, sources)
        sender.api.submit(draft)
        return draft

    def approve(self, agent: ApiUser) -> None:
        """Approve with the link of the mail and the client library."""
        token = agent.wait_for_mail(DECISION).token(DECISION)
        agent.api.approve(token, agent.api.approval_request(token).snapshot.digest)

    def wait_for_the_end(self, person: ApiUser) -> None:
        """Wait until the download service refuses this person's link."""
        token = person.wait_for_mail(OFFER).token(OFFER)
        until(lambda: refused(lambda: person.api.offer(token)), "the download service has handled it")

    def _source(self, name: str, content: bytes) -> SourceFile:
        path = self.folder / uuid.uuid4().hex
        path.write_bytes(content)
        return SourceFile(path, name)

    def link(self, person: ApiUser, seen: int = 0) -> str:
        """Return the path of the page of a recipient's link."""
        return f"/download/{person.wait_for_mail(OFFER, seen).token(OFFER)}"

    def close_windows(self) -> None:
        """Close every window, and the clients of all but the known people."""
        while self._open:
            self._open.pop().close()
        staying = [person.api for person in self._known.values()]
        for api in self._apis:
            if api not in staying:
                api.transport.close()
        self._apis = staying

    def close(self) -> None:
        """Close everything."""
        self._known.clear()
        self.close_windows()


def set_session_cookie(context: BrowserContext, session: str) -> None:
    """Set the cookie that signing in would set."""
    context.add_cookies(
        [{"name": COOKIE, "value": session, "domain": LOOPBACK, "path": "/", "secure": True, "httpOnly": True}]
    )
