"""Who is visiting? The session's token rests in a cookie that no script can read; who verifies it are the services.

What is read here from the token is shown, and decides nothing: a forged one is refused as soon as a service sees it.
"""

import base64
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, Self

from pydantic_core import from_json
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.language import COOKIE as LANGUAGE
from services.kit.clock import utc_now
from services.kit.credentials import new_token

COOKIE = "__Host-session"
DEVICE = "__Host-device"
"""Says that a session for an address was opened on this device; it opens nothing."""
BROWSER = "__Host-browser"
"""A random number to which the forms of signing in are bound, until the browser is closed."""
LONGEST_TOKEN = 2_560
LONGEST_DEVICE = 200
BROWSER_CHARACTERS = 43
DEVICE_SECONDS = 180 * 86_400
SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
"""What else stands in a cookie cannot be said in a header."""
LATEST_SECONDS = 2**40


class Visitor(NamedTuple):
    """The person whom a session's token names; times in seconds since the epoch.

    `person` is the same in each session of that person, and known to nobody else.
    """

    token: str
    person: str
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
                str(claims["person"]),
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


def device_of(request: Request) -> str:
    """What this device was given when a session was opened on it; empty when it is unknown."""
    held = request.cookies.get(DEVICE, "")
    return held if len(held) <= LONGEST_DEVICE else ""


def remember_device(request: Request, token: str) -> None:
    """The answer to this request will carry the token of this device."""
    request.state.device_token = token


def browser_of(request: Request) -> str:
    """The random number of this browser; a new one is decided on where it has none, and the answer carries it."""
    held = request.cookies.get(BROWSER, "") or getattr(request.state, "browser", "")
    if len(held) != BROWSER_CHARACTERS:
        held = request.state.browser = new_token()
    return str(held)


class Cookies:
    """Pure ASGI middleware: writes the cookies that were decided on into the answer, whatever page makes it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        state = dict(scope.get("state", {}))

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                for cookie in _cookies(state):
                    MutableHeaders(scope=message).append("Set-Cookie", cookie)
            await send(message)

        await self._app({**scope, "state": state}, receive, with_cookie)


def _cookies(state: dict[str, Any]) -> Iterator[str]:
    """The session's and the browser's end with the browser; the device and the language are remembered."""
    token, language = state.get("session_token"), state.get("language")
    device, browser = state.get("device_token"), state.get("browser")
    if token is not None:
        ends = "" if token else "; Max-Age=0"
        yield f"{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Lax{ends}"
    if device is not None:
        yield f"{DEVICE}={device}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={DEVICE_SECONDS}"
    if browser is not None:
        yield f"{BROWSER}={browser}; Path=/; Secure; HttpOnly; SameSite=Lax"
    if language is not None:
        yield f"{LANGUAGE}={language}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=31536000"


def _claims(token: str) -> dict[str, Any]:
    if len(token) > LONGEST_TOKEN or not SHAPE.fullmatch(token):
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
