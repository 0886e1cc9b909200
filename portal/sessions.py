"""Reads and writes the portal's cookies: session token, device, browser and language.

Claims that are read from the token here are for display only: the services verify it, and refuse a forged one.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple, Self

from pydantic_core import from_json
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.language import COOKIE as LANGUAGE
from services.kit import url_safe
from services.kit.clock import utc_now
from services.kit.credentials import new_token

COOKIE = "__Host-session"
DEVICE = "__Host-device"
"""Proves that a session for an address was opened on this device; it grants no access."""
BROWSER = "__Host-browser"
"""A random number to which the sign-in forms are bound, until the browser is closed."""
MAX_TOKEN = 2_560
MAX_DEVICE = 200
BROWSER_CHARACTERS = 43
DEVICE_SECONDS = 180 * 86_400
TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
"""A cookie may contain characters that cannot be sent in a header."""
MAX_TIME_SECONDS = 2**40


class SessionClaims(NamedTuple):
    """The claims of a session token; times in seconds since the epoch.

    `person` is the same in each session of that person, and known to nobody else; `address` is their mail address.
    """

    token: str
    person: str
    address: str
    name: str
    role: str
    issued_at: int
    expires_at: int

    @classmethod
    def parse(cls, token: str) -> Self | None:
        """Return the claims of a token without verifying it; none when they cannot be read."""
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
    def is_expired(self) -> bool:
        """Whether the token has expired by this machine's clock."""
        return utc_now().timestamp() >= self.expires_at

    @property
    def needs_renewal(self) -> bool:
        """Whether more than half of the token's lifetime has passed."""
        return utc_now().timestamp() >= (self.issued_at + self.expires_at) / 2


def session_of(request: Request) -> SessionClaims | None:
    """Return the claims of the token in the request's cookie, expired or not."""
    return SessionClaims.parse(request.cookies.get(COOKIE, ""))


def set_session(request: Request, token: str) -> None:
    """Have the response set this session token; an empty one deletes the cookie."""
    request.state.session_token = token


def device_of(request: Request) -> str:
    """Return the device token, set when a session was opened on this device; empty when there is none."""
    held = request.cookies.get(DEVICE, "")
    return held if len(held) <= MAX_DEVICE else ""


def set_device(request: Request, token: str) -> None:
    """Have the response set the device token."""
    request.state.device_token = token


def browser_of(request: Request) -> str:
    """Return the random number of this browser; where it has none, draw one and have the response set it."""
    held = request.cookies.get(BROWSER, "") or getattr(request.state, "browser", "")
    if len(held) != BROWSER_CHARACTERS:
        held = request.state.browser = new_token()
    return str(held)


class CookieMiddleware:
    """Pure ASGI middleware that adds the cookies set during the request to the response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        state = dict(scope.get("state", {}))

        async def send_with_cookies(message: Message) -> None:
            if message["type"] == "http.response.start":
                for cookie in _cookies(state):
                    MutableHeaders(scope=message).append("Set-Cookie", cookie)
            await send(message)

        await self._app({**scope, "state": state}, receive, send_with_cookies)


def _cookies(state: dict[str, Any]) -> Iterator[str]:
    """Yield `Set-Cookie` values: session and browser cookies end with the browser, the others are kept."""
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
    if len(token) > MAX_TOKEN or not TOKEN.fullmatch(token):
        raise ValueError("not a token")
    claims = from_json(url_safe.decode(token.split(".")[1]))
    if not isinstance(claims, dict):
        raise ValueError("not claims")
    return claims


def _seconds(claim: Any) -> int:
    """Return a time within bounds; `ValueError` for anything else that a forged token may contain."""
    if type(claim) is not int or not 0 <= claim < MAX_TIME_SECONDS:
        raise ValueError("not a time")
    return claim
