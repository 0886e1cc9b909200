"""One request of one person: in which language, with which session, and what it is answered with."""

import hashlib
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel

from portal.asking import Asking
from portal.deps import Deps
from portal.gateway import Reader
from portal.language import LANGUAGES, chosen, language_of
from portal.sessions import Visitor, hold, visitor_of
from services.kit.clock import utc_now
from services.kit.refusals import Unauthenticated

RELAY = "relay"


class Visit:
    """Made anew for each request; `visitor` is whoever the session's cookie names, while it lasts."""

    def __init__(self, request: Request, deps: Deps) -> None:
        self.request = request
        self.deps = deps
        self.language = language_of(request)
        known = visitor_of(request)
        self.was_known = known is not None
        self.session = known.session if known else ""
        self.visitor: Visitor | None = None if known is None or known.is_over else known
        request.state.language = chosen(request)

    @property
    def ask(self) -> Asking:
        """The services, asked in this person's name."""
        return Asking(self.deps.gateway, self.reader())

    def reader(self) -> Reader:
        """In whose name."""
        address = self.request.client.host if self.request.client else ""
        return Reader(self.language, self.visitor.token if self.visitor else "", address)

    def csrf(self, path: str) -> str:
        """The token of a form that posts to `path`."""
        return self.deps.csrf.token(self.request, self.session, path)

    @property
    def relay_token(self) -> str:
        """What scripts of a page say when they ask in the session's name."""
        return self.csrf(RELAY)

    @property
    def other_language(self) -> str:
        return next(other for other in LANGUAGES if other != self.language)

    @property
    def here(self) -> str:
        """The address of the page that is shown, for the link to its other language."""
        return self.request.url.path if self.request.method == "GET" else "/"

    def url(self, path: str) -> str:
        """The whole address of a page, for people to copy."""
        return f"{self.deps.public_url}{path}"

    def now(self) -> datetime:
        """For what is shown only."""
        return utc_now()

    async def renew(self) -> None:
        """The next token of the session; the answer carries it."""
        token = await self.ask.renew_session()
        hold(self.request, token)
        self.visitor = Visitor.of(token)

    def show(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page."""
        html = self.deps.pages.html(self.language, template, {"here": self.here, **values, "visit": self})
        return HTMLResponse(html, status, headers=self.headers())

    def show_live(self, template: str, *cards: BaseModel | None, **values: Any) -> Response:
        """A page that its own script reads again; 304 to whoever has it, as long as these cards have not changed."""
        said = "\n".join(card.model_dump_json() if card else "" for card in cards)
        state = f'W/"{hashlib.sha256(said.encode()).hexdigest()[:32]}-{self.language}"'
        if self.request.headers.get("if-none-match") == state:
            return Response(status_code=304, headers={**self.headers(), "ETag": state})
        page = self.show(template, state=state, **values)
        page.headers["ETag"] = state
        return page

    def go(self, path: str) -> Response:
        """On to another page, with a GET."""
        return RedirectResponse(path, 303, headers=self.headers())

    def headers(self) -> dict[str, str]:
        """What every page carries."""
        return {
            "Content-Security-Policy": self.deps.policy,
            "Cache-Control": "no-store",
            "Content-Language": self.language,
            "Cross-Origin-Opener-Policy": "same-origin",
            "Vary": "Accept-Language, Cookie",
        }


def visit(request: Request) -> Visit:
    """Anybody."""
    return Visit(request, request.app.state.deps)


async def member(request: Request) -> Visit:
    """Somebody with a session, which is renewed while it is used; `Unauthenticated` otherwise."""
    here = visit(request)
    if here.visitor is None:
        raise Unauthenticated()
    if here.visitor.is_half_spent:
        await here.renew()
    return here


Visited = Annotated[Visit, Depends(visit)]
Member = Annotated[Visit, Depends(member)]
