"""One request of one person: its language, its session, and the responses it can get."""

import hashlib
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel

from client.async_api import AsyncApi
from client.errors import Problem
from portal.client_headers import client_headers
from portal.csrf import SignedOut
from portal.deps import Deps
from portal.language import language_of, requested_language
from portal.sessions import SessionClaims, session_of, set_session
from services.kit.clock import utc_now
from services.kit.refusals import Unauthenticated

API_PROXY = "api-proxy"
"""The CSRF purpose of requests that scripts send through the API proxy, and the first part of their path."""
UNAUTHENTICATED = 401


class RequestContext:
    """Created anew for each request; `session` is none without a session, or when it has expired."""

    def __init__(self, request: Request, deps: Deps) -> None:
        self.request = request
        self.deps = deps
        self.language = language_of(request)
        self._claims = session_of(request)
        self.session: SessionClaims | None = None if self._claims is None or self._claims.is_expired else self._claims
        request.state.language = requested_language(request)

    @property
    def api(self) -> AsyncApi:
        """Return a client of the services on behalf of this person."""
        return self._api_of(self.session)

    @property
    def session_api(self) -> AsyncApi:
        """Return a client that sends the session's token even if it has expired: to renew or to close the session."""
        return self._api_of(self._claims)

    def _api_of(self, session: SessionClaims | None) -> AsyncApi:
        address = self.request.client.host if self.request.client else ""
        token = session.token if session else ""
        return AsyncApi(self.deps.gateway, self.language, token, client_headers(address))

    @property
    def had_session(self) -> bool:
        """Whether the request carries the token of a session, expired or not."""
        return self._claims is not None

    def verify_form(self, given: str, purpose: str = "") -> None:
        """Refuse a form, or a script's request, that does not come from a page made for this person."""
        self.deps.csrf.verify(self.request, self._person, given, purpose)

    def csrf_token(self, path: str) -> str:
        """Return the CSRF token of a form that posts to `path`."""
        return self.deps.csrf.token(self.request, self._person, path)

    @property
    def _person(self) -> str:
        return self._claims.person if self._claims else ""

    @property
    def api_proxy_token(self) -> str:
        """Return the CSRF token that scripts of a page send to the API proxy."""
        return self.csrf_token(API_PROXY)

    @property
    def page_path(self) -> str:
        """Return the path of the page that is shown, for the link to its other language."""
        return self.request.url.path if self.request.method == "GET" else "/"

    def url(self, path: str) -> str:
        """Return the absolute URL of a page, for people to copy."""
        return f"{self.deps.public_url}{path}"

    def now(self) -> datetime:
        """Return the time, for display only."""
        return utc_now()

    async def require_session(self) -> None:
        """Renew the token once half of its lifetime has passed, even after it expired, while the session lasts.

        Raises `Unauthenticated` without a session, or `SignedOut` for a form, which had one when its page was made.
        The response carries the new token.
        """
        if self._claims is None:
            raise Unauthenticated() if self.request.method == "GET" else SignedOut()
        if not self._claims.needs_renewal:
            return
        try:
            token = (await self.session_api.renew_session()).token
        except Problem as problem:
            if self.session is None or problem.status == UNAUTHENTICATED:
                raise
            return  # the current token is still valid
        set_session(self.request, token)
        self._claims = self.session = SessionClaims.parse(token)

    def end_session(self) -> None:
        """Have the response delete the session's cookie."""
        set_session(self.request, "")
        self.session = None

    def render(self, template: str, status: int = 200, **values: Any) -> Response:
        """Return a page."""
        defaults = {"page_path": self.page_path}
        html = self.deps.renderer.html(self.language, template, {**defaults, **values, "context": self})
        return HTMLResponse(html, status, headers=self.headers())

    def render_with_etag(self, template: str, *schemas: BaseModel | None, **values: Any) -> Response:
        """Return a page that its own script polls; 304 while these schemas are the ones the browser has seen."""
        text = "\n".join(schema.model_dump_json() if schema else "" for schema in schemas)
        etag = f'W/"{hashlib.sha256(text.encode()).hexdigest()[:32]}-{self.language}"'
        if self.request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers={**self.headers(), "ETag": etag})
        page = self.render(template, etag=etag, **values)
        page.headers["ETag"] = etag
        return page

    def redirect(self, path: str) -> Response:
        """Redirect to another page, with a GET."""
        return RedirectResponse(path, 303, headers=self.headers())

    def headers(self) -> dict[str, str]:
        """Return the headers of every page."""
        return {
            "Content-Security-Policy": self.deps.policy,
            "Cache-Control": "no-store",
            "Content-Language": self.language,
            "Cross-Origin-Opener-Policy": "same-origin",
            "Vary": "Accept-Language, Cookie",
        }


def any_visitor(request: Request) -> RequestContext:
    """Return the context of a request with or without a session."""
    return RequestContext(request, request.app.state.deps)


async def signed_in(request: Request) -> RequestContext:
    """Return the context of a request with a session, renewed while it is used; `Unauthenticated` without one."""
    context = any_visitor(request)
    await context.require_session()
    return context


AnyVisitor = Annotated[RequestContext, Depends(any_visitor)]
SignedIn = Annotated[RequestContext, Depends(signed_in)]
