"""One request of one person: in which language, with which session, and what it is answered with."""

import hashlib
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel

from portal.asking import Asking
from portal.csrf import SignedOut
from portal.deps import Deps
from portal.gateway import Reader, Refused
from portal.language import LANGUAGES, chosen, language_of
from portal.sessions import Visitor, hold, visitor_of
from services.kit.clock import utc_now
from services.kit.refusals import Unauthenticated

RELAY = "relay"
UNAUTHENTICATED = 401


class Visit:
    """Made anew for each request; `visitor` is whoever the session's cookie names, while it lasts."""

    def __init__(self, request: Request, deps: Deps) -> None:
        self.request = request
        self.deps = deps
        self.language = language_of(request)
        self._known = visitor_of(request)
        self.visitor: Visitor | None = None if self._known is None or self._known.is_over else self._known
        request.state.language = chosen(request)

    @property
    def ask(self) -> Asking:
        """The services, asked in this person's name."""
        return Asking(self.deps.gateway, self.reader())

    @property
    def ask_of_session(self) -> Asking:
        """The services, asked with the session's token even if it has ended: to renew it, or to end the session."""
        return Asking(self.deps.gateway, self._reader(self._known))

    def reader(self) -> Reader:
        """In whose name."""
        return self._reader(self.visitor)

    def _reader(self, visitor: Visitor | None) -> Reader:
        address = self.request.client.host if self.request.client else ""
        return Reader(self.language, visitor.token if visitor else "", address)

    @property
    def was_known(self) -> bool:
        """Whether there is a session, or was one."""
        return self._known is not None

    def verify_form(self, given: str, purpose: str = "") -> None:
        """Refuse a form, or a script's question, that does not come from a page of this person."""
        self.deps.csrf.verify(self.request, self._person, given, purpose)

    def csrf(self, path: str) -> str:
        """The token of a form that posts to `path`."""
        return self.deps.csrf.token(self.request, self._person, path)

    @property
    def _person(self) -> str:
        return self._known.person if self._known else ""

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

    async def keep_session(self) -> None:
        """Renew the token once half of its life is over, also long after, while the session lasts.

        `Unauthenticated` without a session, which a form had when its page was made; the answer carries the token.
        """
        if self._known is None:
            raise Unauthenticated() if self.request.method == "GET" else SignedOut()
        if not self._known.is_half_spent:
            return
        try:
            token = await self.ask_of_session.renew_session()
        except Refused as refused:
            if self.visitor is None or refused.status == UNAUTHENTICATED:
                raise
            return  # the token at hand is still good
        hold(self.request, token)
        self._known = self.visitor = Visitor.of(token)

    def forget(self) -> None:
        """The session is over: the answer ends its cookie."""
        hold(self.request, "")
        self.visitor = None

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
    await here.keep_session()
    return here


Visited = Annotated[Visit, Depends(visit)]
Member = Annotated[Visit, Depends(member)]
