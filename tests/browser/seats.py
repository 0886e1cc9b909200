"""People in front of a browser, on the real stack: each comes in once, and sits down with that session ever after."""

import uuid
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from client.api import Api
from client.letter import Letter as Fields
from client.sources import Source
from client.upload import Uploader
from devstack.inbox import Inbox
from devstack.people import DECISION, OFFER, ApiUser
from devstack.ports import LOOPBACK
from devstack.stack import Stack
from portal.sessions import COOKIE
from tests.browser.watching import Watch
from tests.browser.words import LOCALES, Words, words
from tests.e2e.scenario import refused
from tests.eventually import PATIENCE_SECONDS, until

AGENTS = "ministere.example"
OUTSIDE = "ville.example"


@dataclass
class Seated:
    """Somebody in front of a browser, whose session is also a client's."""

    person: ApiUser
    context: BrowserContext
    say: Words

    @property
    def api(self) -> Api:
        """To look at what the pages did."""
        return self.person.api

    @property
    def address(self) -> str:
        return self.person.address

    def open(self, path: str) -> Page:
        """A page in a tab of its own."""
        page = self.context.new_page()
        page.goto(path)
        return page


@dataclass
class House:
    """The stack, its mailbox, one browser; and everybody who is in it."""

    stack: Stack
    browser: Browser
    letters: Inbox
    folder: Path
    watch: Watch = field(default_factory=Watch)
    _known: dict[str, ApiUser] = field(default_factory=dict)
    _open: list[BrowserContext] = field(default_factory=list)
    _apis: list[Api] = field(default_factory=list)

    def stranger(self, domain: str, name: str = "camille") -> ApiUser:
        """Somebody with a mailbox, who has not been here yet."""
        address = f"{name}.{uuid.uuid4().hex[:8]}@{domain}"
        self._apis.append(Api(self.stack.gateway_url))
        return ApiUser(self._apis[-1], self.letters, address, name.capitalize(), "Martin")

    def known(self, domain: str, name: str = "camille") -> ApiUser:
        """The same somebody for all stories, with a session."""
        if (key := f"{name}@{domain}") not in self._known:
            self._known[key] = self.stranger(domain, name)
            self._known[key].sign_in()
        return self._known[key]

    def window(
        self, language: str = "fr", person: ApiUser | None = None, scripts: bool = True, proxy: str = ""
    ) -> BrowserContext:
        """A browser of somebody's own, with their session if they have one; `proxy` is the line that it goes by."""
        context = self.browser.new_context(
            locale=LOCALES[language],
            base_url=self.stack.gateway_url,
            java_script_enabled=scripts,
            proxy={"server": proxy} if proxy else None,
        )
        context.set_default_timeout(1000 * PATIENCE_SECONDS)
        self.watch.over(context)
        self._open.append(context)
        if person and person.api.wire.token:
            sit_down(context, person.api.wire.token)
        return context

    def seat(self, domain: str, language: str = "fr", name: str = "camille", proxy: str = "") -> Seated:
        """Somebody who is known, in front of a browser of their own."""
        person = self.known(domain, name)
        return Seated(person, self.window(language, person, proxy=proxy), words(language))

    def send(self, sender: ApiUser, to: list[ApiUser], files: dict[str, bytes], subject: str = "Relevés") -> str:
        """A transfer that nobody need watch being written."""
        draft = str(uuid.uuid4())
        sender.api.begin_draft(draft)
        written = Fields(to=tuple(one.address for one in to), subject=subject, text="Voici les relevés.")
        sender.api.edit_draft(draft, **written.fields())
        sources = [self._source(name, content) for name, content in files.items()]
        Uploader(sender.api).send_all(draft, sources)
        sender.api.submit(draft)
        return draft

    def approve(self, agent: ApiUser) -> None:
        """By the link in the mail, but not in a browser."""
        token = agent.wait_for_mail(DECISION).token(DECISION)
        agent.api.approve(token, agent.api.to_decide(token)["shown"]["digest"])

    def heard_of_the_end(self, person: ApiUser) -> None:
        """Wait until the counter knows that there is nothing to be had any more."""
        token = person.wait_for_mail(OFFER).token(OFFER)
        until(lambda: refused(lambda: person.api.offer(token)), "the counter has heard of it")

    def _source(self, name: str, content: bytes) -> Source:
        path = self.folder / uuid.uuid4().hex
        path.write_bytes(content)
        return Source(path, name)

    def link(self, person: ApiUser, seen: int = 0) -> str:
        """The page of the link in a recipient's mail."""
        return f"/download/{person.wait_for_mail(OFFER, seen).token(OFFER)}"

    def leave(self) -> None:
        """Close every window, and the lines of all but those who come again."""
        while self._open:
            self._open.pop().close()
        staying = [person.api for person in self._known.values()]
        for api in self._apis:
            if api not in staying:
                api.wire.close()
        self._apis = staying

    def close(self) -> None:
        """Let go of everybody."""
        self._known.clear()
        self.leave()


def sit_down(context: BrowserContext, session: str) -> None:
    """The cookie that entering would have left."""
    context.add_cookies(
        [{"name": COOKIE, "value": session, "domain": LOOPBACK, "path": "/", "secure": True, "httpOnly": True}]
    )
