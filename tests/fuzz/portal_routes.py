"""The routes of the portal from its router, its form fields from its code, and forged cookies."""

import base64
import json
import random
import re
import uuid
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlencode

from fastapi.routing import APIRoute
from starlette.requests import Request

import portal
from portal.csrf import FIELD, CsrfProtection
from portal.draft_form import EDITABLE_FIELDS
from portal.honeypot import FIELD as HONEYPOT
from portal.honeypot import STAMP
from portal.pages import FLOWS
from portal.request_context import API_PROXY
from portal.sessions import BROWSER, BROWSER_CHARACTERS
from tests.fuzz.api_operations import KnownValues, odd_body, operations
from tests.fuzz.inputs import BODIES, OTHERS, STRINGS, as_json, odd

READ = re.compile(r'form\["(\w+)"\]')
READ_TOGETHER = re.compile(r"form\.only\(([^)]*)\)")
COOKIE = "__Host-session"
BOUNDARY = "----edge"
QUERIES = ("q", "lang", "done", "n", "kind", "again", "remove", "then", "saved", "too-large", "reference", "before")
CLAIMS = {
    "jti": "a",
    "person": "p",
    "sub": "a@b.example",
    "name": "A",
    "role": "agent",
    "iat": 1_700_000_000,
    "exp": 4_000_000_000,
}
THIS_BROWSER = f"{BROWSER}={'n' * BROWSER_CHARACTERS}"
FROM_THIS_BROWSER = Request({"type": "http", "headers": [(b"cookie", THIS_BROWSER.encode())]})
SIGN_OUT = "/sign-out"


class PortalRoute(NamedTuple):
    """A route of the portal."""

    method: str
    path: str

    @property
    def kind(self) -> str:
        """The purpose of a token in its address."""
        return "approval" if self.path.startswith("/approve") else "link"


@cache
def routes() -> list[PortalRoute]:
    """Return every route and method."""
    routes = [route for flow in FLOWS for route in flow.router.routes if isinstance(route, APIRoute)]
    return [PortalRoute(method, route.path) for route in routes for method in sorted(route.methods or ())]


@cache
def fields() -> list[str]:
    """Return every field of any form."""
    sources = [path.read_text() for path in Path(portal.__file__).parent.glob("**/*.py") if "islands" not in path.parts]
    together = [name for text in sources for names in READ_TOGETHER.findall(text) for name in re.findall(r"\w+", names)]
    alone = [name for text in sources for name in READ.findall(text)]
    return sorted({*alone, *together, *EDITABLE_FIELDS, HONEYPOT, STAMP, "file"})


def address(page: PortalRoute, known: KnownValues, rng: random.Random) -> str:
    """Return the path of a page, most often with existing values."""

    def value(found: re.Match[str]) -> str:
        name = found[1].partition(":")[0]
        if name == "path":
            return f"drafts/{_known('draft', known, rng)}" + rng.choice(("", f"/files/{uuid.UUID(int=7)}", "/x"))
        return _known(name, known, rng)

    return re.sub(r"\{([^}]+)\}", value, page.path)


def _known(name: str, known: KnownValues, rng: random.Random) -> str:
    if name in known and rng.random() < 0.8:
        return rng.choice(known[name])
    if name == "number":
        return rng.choice(("1", "0", "-1", "9" * 5_000, "²"))
    return quote(rng.choice(STRINGS).encode(errors="replace")[:600], safe="") or "-"


def query(rng: random.Random) -> str:
    """Return one or two odd parameters, or none."""
    if rng.random() < 0.5:
        return ""
    chosen = {rng.choice(QUERIES): rng.choice(STRINGS).encode(errors="replace")[:1_500] for _ in range(2)}
    return "?" + urlencode(chosen)


def cookie(tokens: list[str], rng: random.Random) -> str:
    """Return a session's token; one in six is forged."""
    return rng.choice(tokens) if rng.random() < 5 / 6 else forged(rng)


def forged(rng: random.Random) -> str:
    """Return a forged cookie."""
    claims = {**CLAIMS, rng.choice(list(CLAIMS)): rng.choice((odd(rng), 10**400, 2**40 - 1, -1))}
    body = rng.choice((as_json(claims), as_json(odd(rng)), rng.choice(BODIES)))[:1_200]
    token = f"e30.{base64.urlsafe_b64encode(body).decode().rstrip('=')}.c2ln"
    return rng.choice(
        (token, f'"{token}\\015\\012a: b"', f'"{token} "', f'"{token}\\000"', token[1:-9], "..", "=;=", "")
    )


def person_of(token: str) -> str:
    """Return the person of a genuine token."""
    body = token.split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))["person"])


def form(
    page: PortalRoute, path: str, csrf: CsrfProtection, person: str, known: KnownValues, rng: random.Random
) -> tuple[dict[str, str], bytes]:
    """Return headers and body of a form: most often as the site's own pages would send them, with odd values."""
    if page.path.startswith(f"/{API_PROXY}"):
        headers = {"X-CSRF-Token": csrf.token(FROM_THIS_BROWSER, person, API_PROXY), "Content-Type": "application/json"}
        taking = [one for one in operations() if one.service == "upload" and one.body is not None]
        return headers, odd_body(rng.choice(taking), known, rng)
    names = rng.sample(fields(), rng.randint(0, len(fields())))
    typed = {name: _typed(name, known, rng) for name in names}
    if rng.random() < 0.9:
        typed[FIELD] = csrf.token(FROM_THIS_BROWSER, person, path)
    if rng.random() < 0.05:
        kind = rng.choice(("application/x-www-form-urlencoded", "multipart/form-data", "application/json", "a"))
        return {"Content-Type": kind}, rng.choice(BODIES)
    if page.path == "/drafts/{draft}":
        return {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}, _multipart(typed, rng)
    encoded = {name: value.encode(errors="replace") for name, value in typed.items()}
    return {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(encoded).encode()


def _typed(name: str, known: KnownValues, rng: random.Random) -> str:
    if name in known and rng.random() < 0.6:
        return rng.choice(known[name])
    return rng.choice((rng.choice(STRINGS), str(rng.choice(OTHERS)), "7", "a"))


def _multipart(typed: dict[str, str], rng: random.Random) -> bytes:
    parts = []
    for name, value in sorted(typed.items(), key=lambda one: one[0] == "file"):
        filename = f'; filename="{rng.choice(STRINGS)}"' if name == "file" else ""
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{filename}\r\n\r\n'
        parts.append((head + value + "\r\n").encode(errors="surrogatepass"))
    whole = b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
    return whole if rng.random() < 0.9 else whole[: rng.randrange(len(whole))]
