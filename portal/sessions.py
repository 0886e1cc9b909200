"""Who is visiting? The session's token rests in a cookie that no script can read; who verifies it are the services.

What is read here from the token is shown, and decides nothing: a forged one is refused as soon as a service sees it.
"""

import base64
from collections.abc import Iterator
from typing import Any, NamedTuple, Self

from pydantic_core import from_json
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.language import COOKIE as LANGUAGE
from services.kit.clock import utc_now

COOKIE = "__Host-session"
LONGEST_TOKEN = 2_560
LATEST_SECONDS = 2**40


class Visitor(NamedTuple):
    """The person whom a session's token names; times in seconds since the epoch."""

    token: str
    session: str
    address: str
    name: str
    role: str
    issued_at: int
    expires_at: int

    @classmethod
    def of(cls, token: str) -> Self | None:
        """The bearer as the token says; none when it says nothing that can be read."""
        try:
            claims = _claims(token)
            return cls(
                token,
                str(claims["jti"]),
                str(claims["sub"]),
                str(claims["name"]),
                str(claims["role"]),
                _seconds(claims["iat"]),
                _seconds(claims["exp"]),
            )
        except (ValueError, KeyError):
            return None

    @property
    def is_agent(self) -> bool:
        return self.role == "agent"

    @property
    def is_over(self) -> bool:
        """Past its end by this machine's clock, so that no service need be asked."""
        return utc_now().timestamp() >= self.expires_at

    @property
    def is_half_spent(self) -> bool:
        """More than half of the token's life is over: time for the next one."""
        return utc_now().timestamp() >= (self.issued_at + self.expires_at) / 2


def visitor_of(request: Request) -> Visitor | None:
    """Whose token the request's cookie holds, over or not."""
    return Visitor.of(request.cookies.get(COOKIE, ""))


def hold(request: Request, token: str) -> None:
    """The answer to this request will carry this token; an empty one ends the cookie."""
    request.state.session_token = token


class Cookies:
    """Pure ASGI middleware: writes the cookies that were decided on into the answer, whatever page makes it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                for cookie in _cookies(scope.get("state", {})):
                    MutableHeaders(scope=message).append("Set-Cookie", cookie)
            await send(message)

        if scope["type"] == "http":
            scope.setdefault("state", {})
        await self._app(scope, receive, with_cookie)


def _cookies(state: dict[str, Any]) -> Iterator[str]:
    """The session's ends with the browser; the language is remembered for a year, and is all that is."""
    token, language = state.get("session_token"), state.get("language")
    if token is not None:
        ends = "" if token else "; Max-Age=0"
        yield f"{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Lax{ends}"
    if language is not None:
        yield f"{LANGUAGE}={language}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=31536000"


def _claims(token: str) -> dict[str, Any]:
    if len(token) > LONGEST_TOKEN or not token.isascii() or token.count(".") != 2:
        raise ValueError("not a token")
    body = token.split(".")[1]
    claims = from_json(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    if not isinstance(claims, dict):
        raise ValueError("not claims")
    return claims


def _seconds(claim: Any) -> int:
    """A time that can be computed with, whatever was written into a forged token."""
    if type(claim) is not int or not 0 <= claim < LATEST_SECONDS:
        raise ValueError("not a time")
    return claim
