"""What does the portal take? Its routes from its router, its fields from its code, and cookies that it never made."""

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
from tests.fuzz.apis import Known, odd_body, operations
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


class Page(NamedTuple):
    """A route of the portal."""

    method: str
    path: str

    @property
    def kind(self) -> str:
        """What a token in its address is for."""
        return "approval" if self.path.startswith("/approve") else "link"


@cache
def pages() -> list[Page]:
    """Every route and method."""
    routes = [route for flow in FLOWS for route in flow.router.routes if isinstance(route, APIRoute)]
    return [Page(method, route.path) for route in routes for method in sorted(route.methods or ())]


@cache
def fields() -> list[str]:
    """Every field that some form has."""
    sources = [path.read_text() for path in Path(portal.__file__).parent.glob("**/*.py") if "islands" not in path.parts]
    together = [name for text in sources for names in READ_TOGETHER.findall(text) for name in re.findall(r"\w+", names)]
    alone = [name for text in sources for name in READ.findall(text)]
    return sorted({*alone, *together, *EDITABLE_FIELDS, HONEYPOT, STAMP, "file"})


def address(page: Page, known: Known, chance: random.Random) -> str:
    """The path of a page, most often with what stands for something."""

    def value(found: re.Match[str]) -> str:
        name = found[1].partition(":")[0]
        if name == "path":
            return f"drafts/{_known('draft', known, chance)}" + chance.choice(("", f"/files/{uuid.UUID(int=7)}", "/x"))
        return _known(name, known, chance)

    return re.sub(r"\{([^}]+)\}", value, page.path)


def _known(name: str, known: Known, chance: random.Random) -> str:
    if name in known and chance.random() < 0.8:
        return chance.choice(known[name])
    if name == "number":
        return chance.choice(("1", "0", "-1", "9" * 5_000, "²"))
    return quote(chance.choice(STRINGS).encode(errors="replace")[:600], safe="") or "-"


def query(chance: random.Random) -> str:
    """One or two parameters, odd."""
    if chance.random() < 0.5:
        return ""
    chosen = {chance.choice(QUERIES): chance.choice(STRINGS).encode(errors="replace")[:1_500] for _ in range(2)}
    return "?" + urlencode(chosen)


def cookie(tokens: list[str], chance: random.Random) -> str:
    """A session's token; one in six is forged."""
    return chance.choice(tokens) if chance.random() < 5 / 6 else forged(chance)


def forged(chance: random.Random) -> str:
    """What may stand in a cookie that nobody gave out."""
    claims = {**CLAIMS, chance.choice(list(CLAIMS)): chance.choice((odd(chance), 10**400, 2**40 - 1, -1))}
    body = chance.choice((as_json(claims), as_json(odd(chance)), chance.choice(BODIES)))[:1_200]
    token = f"e30.{base64.urlsafe_b64encode(body).decode().rstrip('=')}.c2ln"
    return chance.choice(
        (token, f'"{token}\\015\\012a: b"', f'"{token} "', f'"{token}\\000"', token[1:-9], "..", "=;=", "")
    )


def person_of(token: str) -> str:
    """The person whom a genuine token names."""
    body = token.split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))["person"])


def form(
    page: Page, path: str, csrf: CsrfProtection, person: str, known: Known, chance: random.Random
) -> tuple[dict[str, str], bytes]:
    """Headers and body of what a page posts: most often what this site's own pages would send, with odd values."""
    if page.path.startswith(f"/{API_PROXY}"):
        headers = {"X-CSRF-Token": csrf.token(FROM_THIS_BROWSER, person, API_PROXY), "Content-Type": "application/json"}
        taking = [one for one in operations() if one.service == "upload" and one.body is not None]
        return headers, odd_body(chance.choice(taking), known, chance)
    names = chance.sample(fields(), chance.randint(0, len(fields())))
    typed = {name: _typed(name, known, chance) for name in names}
    if chance.random() < 0.9:
        typed[FIELD] = csrf.token(FROM_THIS_BROWSER, person, path)
    if chance.random() < 0.05:
        kind = chance.choice(("application/x-www-form-urlencoded", "multipart/form-data", "application/json", "a"))
        return {"Content-Type": kind}, chance.choice(BODIES)
    if page.path == "/drafts/{draft}":
        return {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}, _multipart(typed, chance)
    encoded = {name: value.encode(errors="replace") for name, value in typed.items()}
    return {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(encoded).encode()


def _typed(name: str, known: Known, chance: random.Random) -> str:
    if name in known and chance.random() < 0.6:
        return chance.choice(known[name])
    return chance.choice((chance.choice(STRINGS), str(chance.choice(OTHERS)), "7", "a"))


def _multipart(typed: dict[str, str], chance: random.Random) -> bytes:
    parts = []
    for name, value in sorted(typed.items(), key=lambda one: one[0] == "file"):
        filename = f'; filename="{chance.choice(STRINGS)}"' if name == "file" else ""
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{filename}\r\n\r\n'
        parts.append((head + value + "\r\n").encode(errors="surrogatepass"))
    whole = b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
    return whole if chance.random() < 0.9 else whole[: chance.randrange(len(whole))]
