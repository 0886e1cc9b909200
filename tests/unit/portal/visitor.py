"""Somebody in front of the portal: follows no redirect, keeps its cookies, and reads forms as they are on the page."""

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

import httpx
from pydantic import SecretStr

from portal.app import build
from portal.settings import Settings
from tests.fakes.api.app import FakeApi
from tests.fakes.api.call import token
from tests.fakes.api.download import FILES_URL

PUBLIC = "http://127.0.0.1:8080"
PEPPER = "a pepper that is long enough for it"


def settings(**more: Any) -> Settings:
    given = {"public_base_url": PUBLIC, "gateway_url": "http://gateway.test", "files_base_url": FILES_URL}
    return Settings(pepper=SecretStr(PEPPER), **{**given, "min_form_seconds": 0, **more})


class Visitor:
    """Follows no redirect, and keeps cookies as a browser on a loopback address does."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.cookies: dict[str, str] = {}

    def sign_in(self, role: str = "external", **more: Any) -> None:
        self.cookies["__Host-session"] = token(role, **more)

    async def walk(self, answer: httpx.Response) -> httpx.Response:
        """The page that an answer leads to."""
        assert answer.status_code == 303, (answer.status_code, answer.text)
        return await self.get(answer.headers["location"])

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self._ask("GET", path, headers=headers)

    async def post(self, path: str, fields: Mapping[str, str] | None = None, **headers: Any) -> httpx.Response:
        return await self._ask("POST", path, data=fields or {}, headers=headers)

    async def send(self, page: httpx.Response, action: str, **typed: str) -> httpx.Response:
        """Fills in the form that leads to `action` and sends it, with the hidden fields that the page gave it."""
        return await self.post(action, {**hidden(page, action), **typed})

    async def send_file(
        self, page: httpx.Response, action: str, file: tuple[str, bytes], query: str = "", **typed: str
    ) -> httpx.Response:
        """The same for a form with a file, which comes last."""
        fields = {**hidden(page, action), **typed}
        return await self._ask("POST", action + query, data=fields, files={"file": file}, headers={})

    async def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        more["headers"] = {**more["headers"], **self.cookie()}
        answer = await self.http.request(method, path, **more)
        for name, value in re.findall(r"^([^=]+)=([^;]*)", "\n".join(answer.headers.get_list("set-cookie")), re.M):
            self.cookies[name] = value
        return answer

    def cookie(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}


class ReadForm:
    """A form of a page: where it leads, and its hidden fields."""

    def __init__(self, action: str, method: str = "post") -> None:
        self.action = action
        self.method = method
        self.hidden: dict[str, str] = {}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[ReadForm] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.found.append(ReadForm(given.get("action") or "", given.get("method") or "get"))
        elif tag == "input" and given.get("type") == "hidden":
            self.found[-1].hidden[given["name"] or ""] = given.get("value") or ""


def hidden(page: httpx.Response, action: str) -> dict[str, str]:
    """The hidden fields of the form of a page that leads to `action`."""
    return next(form for form in forms(page.text) if form.action == action).hidden


def new_visitor(api: FakeApi, language: str = "fr", **more: Any) -> Visitor:
    """Somebody in front of a portal whose services are api."""
    portal = build(settings(**more), api.transport())
    transport = httpx.ASGITransport(portal.app, raise_app_exceptions=False, client=("203.0.113.9", 1))
    headers = {"Accept-Language": language, "Sec-Fetch-Site": "same-origin"}
    return Visitor(httpx.AsyncClient(transport=transport, base_url=PUBLIC, headers=headers))


def forms(html: str) -> list[ReadForm]:
    reader = _Reader()
    reader.feed(html)
    return reader.found
