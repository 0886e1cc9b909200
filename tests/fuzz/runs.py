"""A run of odd requests against a whole stack: nothing is answered with a 5xx, and no event loop is held up."""

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import quote, urlencode

import httpx

from devstack.people import DECISION, Person
from portal.csrf import CsrfProtection
from tests.e2e.world import World
from tests.fuzz import pages
from tests.fuzz.apis import Known, odd_body, operations
from tests.fuzz.inputs import MOMENTS, STRINGS
from tests.fuzz.pauses import Pauses

AT_ONCE = 8
LIMITS = httpx.Limits(keepalive_expiry=2.0)
"""Services close a connection that was idle for five seconds: nothing is sent on one that is about to be closed."""
IN_A_ROUND = 1_000
SHOWN = 20
ENDS = 0.05
"""How often something that others ask for later is really deleted."""
ENDS_A_SESSION = ("DELETE /api/auth/sessions/current", f"POST {pages.SIGN_OUT}")
HEADERS = {"Accept-Language", "Range", "If-Range", "X-Request-Id", "Traceparent", "Content-Type", "Sec-Fetch-Mode"}


class Asked(NamedTuple):
    """One request, and what it is for."""

    what: str
    method: str
    url: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Cast:
    """The people of a round, and what stands for something in their requests."""

    tokens: list[str]
    known: dict[str, Known] = field(default_factory=dict)


@dataclass
class Found:
    """What a run has found; `statuses` counts the answers."""

    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def fuzz(world: World, seed: int, requests: int) -> Found:
    """So many requests, always the same for the same seed but for the ids in them."""
    chance, found, pauses = random.Random(seed), Found(), Pauses(world.stack)
    try:
        for done in range(0, requests, IN_A_ROUND):
            asked = list(_round(world, chance, min(IN_A_ROUND, requests - done)))
            pauses.too_long()
            asyncio.run(_ask_all(asked, found))
            found.failures += [f"{one} in the requests from {done}" for one in pauses.too_long()]
            print(f"{done + len(asked)} requests, {len(found.failures)} failures", flush=True)
        print(f"longest pauses since the start: {pauses.longest()}")
    finally:
        pauses.close()
    return found


def _round(world: World, chance: random.Random, requests: int) -> Iterator[Asked]:
    cast = people(world)
    csrf = CsrfProtection(world.stack.secrets("portal")["pepper"], world.stack.gateway_url)
    for _ in range(requests):
        if chance.random() < 0.6:
            yield _of_an_api(world, cast, chance)
        else:
            yield _of_a_page(world, cast, csrf, chance)


def people(world: World) -> Cast:
    """An agent and an external person with sessions, drafts, and transfers that wait for an approval or can be had."""
    agent, sender = world.agent("fuzz", signed_in=True), world.outsider("fuzz")
    guest = world.outsider("guest", signed_in=False)
    drafts = [world.draft(sender, [agent.address]) for _ in range(3)]
    waiting = [world.send(sender, [agent.address, guest.address]).transfer for _ in range(2)]
    approval = agent.letter(DECISION).token(DECISION)
    link = world.link(agent)
    cast = Cast([str(one.api.wire.token) for one in (sender, agent)])
    known = _known(drafts, waiting, agent, approval)
    file = agent.api.offer(link).files[0].file
    known["file"] = [file, str(uuid.uuid4())]
    cast.known = {kind: {**known, "token": [token]} for kind, token in (("approval", approval), ("link", link))}
    return cast


def _known(drafts: list[str], sent: list[str], agent: Person, approval: str) -> Known:
    digest = str(agent.api.to_decide(approval)["shown"]["digest"])
    challenge = agent.api.draw_challenge("question").challenge
    addresses = [agent.address, f"{uuid.uuid4().hex[:8]}@ville.example"]
    return {
        "draft": drafts,
        "transfer": sent,
        "download": [str(uuid.uuid4()) for _ in range(3)],
        "id": [str(uuid.uuid4())],
        "wish": [str(uuid.uuid4())],
        "digest": [digest],
        "address": addresses,
        "recipient": addresses,
        "email": addresses,
        "challenge": [challenge],
    }


def _of_an_api(world: World, cast: Cast, chance: random.Random) -> Asked:
    operation = chance.choice(operations())
    known = cast.known[operation.kind]
    spared = known if operation.method != "DELETE" or chance.random() < ENDS else {}
    path = operation.address({name: _segment(name, spared, chance) for name in operation.path})
    asked = {name: chance.choice((*MOMENTS, *STRINGS)).encode(errors="replace")[:2_000] for name in operation.query}
    what = f"{operation.method} {operation.template}"
    token = "" if what in ENDS_A_SESSION else chance.choice((*cast.tokens, *cast.tokens, "x", ""))
    headers = _odd_headers(chance) | ({"Authorization": f"Bearer {token}"} if token else {})
    body = b"" if operation.body is None else odd_body(operation, known, chance)
    if body:
        headers.setdefault("Content-Type", "application/json")
    past_the_gateway = chance.random() < 0.25
    base = world.stack.service_url(operation.service) if past_the_gateway else world.stack.gateway_url
    return Asked(what, operation.method, f"{base}{path}{'?' + urlencode(asked) if asked else ''}", headers, body)


def _segment(name: str, known: Known, chance: random.Random) -> str:
    if name in known and chance.random() < 0.85:
        return chance.choice(known[name])
    return quote(chance.choice(STRINGS).encode(errors="replace")[:600], safe="") or "-"


def _odd_headers(chance: random.Random) -> dict[str, str]:
    if chance.random() < 0.8:
        return {}
    written = [text for text in STRINGS if text.isascii() and text.isprintable() and len(text) < 1_000]
    return {chance.choice(sorted(HEADERS)): chance.choice(written).strip()}


def _of_a_page(world: World, cast: Cast, csrf: CsrfProtection, chance: random.Random) -> Asked:
    page = chance.choice(pages.pages())
    known = cast.known[page.kind]
    spared = known if not page.path.endswith("/delete") or chance.random() < ENDS else {}
    path = pages.address(page, spared, chance)
    what = f"{page.method} {page.path}"
    token = "" if what in ENDS_A_SESSION else pages.cookie(cast.tokens, chance)
    person = pages.person_of(token) if token in cast.tokens else ""
    headers = {
        "Sec-Fetch-Site": "same-origin",
        "Cookie": f"{pages.COOKIE}={token}; {pages.THIS_BROWSER}",
    } | _odd_headers(chance)
    body = b""
    if page.method != "GET":
        more, body = pages.form(page, path, csrf, person, known, chance)
        headers |= more
    past_the_gateway = chance.random() < 0.25
    base = world.stack.service_url("portal") if past_the_gateway else world.stack.gateway_url
    return Asked(what, page.method, f"{base}{path}{pages.query(chance)}", headers, body)


async def _ask_all(asked: list[Asked], found: Found) -> None:
    waiting = iter(asked)
    async with httpx.AsyncClient(timeout=120, limits=LIMITS) as http:
        await asyncio.gather(*(_ask_each(http, waiting, found) for _ in range(AT_ONCE)))


async def _ask_each(http: httpx.AsyncClient, waiting: Iterator[Asked], found: Found) -> None:
    for one in waiting:
        try:
            answer = await http.request(one.method, one.url, headers=one.headers, content=one.body)
        except httpx.HTTPError as error:
            found.failures.append(f"{_told(one)}: {type(error).__name__} {error}")
            continue
        found.statuses[answer.status_code] += 1
        if answer.status_code >= 500:
            found.failures.append(f"{_told(one)}: {answer.status_code} {answer.text[:300]}")


def _told(one: Asked) -> str:
    return f"{one.what} ({one.method} {one.url[:300]} {one.headers} {one.body[:300]!r})"
