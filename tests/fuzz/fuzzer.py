"""Sends odd requests to a whole stack and records 5xx responses and blocked event loops."""

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import quote, urlencode

import httpx

from devstack.people import DECISION, ApiUser
from portal.csrf import CsrfProtection
from tests.e2e.scenario import Scenario
from tests.fuzz import portal_routes
from tests.fuzz.api_operations import KnownValues, odd_body, operations
from tests.fuzz.event_loop_lag import LagMonitor
from tests.fuzz.inputs import MOMENTS, STRINGS

AT_ONCE = 8
LIMITS = httpx.Limits(keepalive_expiry=2.0)
"""Services close a connection that was idle for five seconds: nothing is sent on one that is about to be closed."""
IN_A_ROUND = 1_000
SHOWN = 20
ENDS = 0.05
"""The share of DELETE requests that name something that later requests need."""
ENDS_A_SESSION = ("DELETE /api/auth/sessions/current", f"POST {portal_routes.SIGN_OUT}")
HEADERS = {"Accept-Language", "Range", "If-Range", "X-Request-Id", "Traceparent", "Content-Type", "Sec-Fetch-Mode"}


class FuzzRequest(NamedTuple):
    """One request and the operation that it belongs to."""

    what: str
    method: str
    url: str
    headers: dict[str, str]
    body: bytes


@dataclass
class FuzzPeople:
    """The people of a round, and the existing values for their requests."""

    tokens: list[str]
    known: dict[str, KnownValues] = field(default_factory=dict)


@dataclass
class FuzzReport:
    """The result of a run; `statuses` counts the responses."""

    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def fuzz(scenario: Scenario, seed: int, requests: int) -> FuzzReport:
    """Send so many requests, the same for the same seed except for the ids in them."""
    rng, found, lag = random.Random(seed), FuzzReport(), LagMonitor(scenario.stack)
    try:
        for done in range(0, requests, IN_A_ROUND):
            asked = list(_round(scenario, rng, min(IN_A_ROUND, requests - done)))
            lag.too_long()
            asyncio.run(_ask_all(asked, found))
            found.failures += [f"{one} in the requests from {done}" for one in lag.too_long()]
            print(f"{done + len(asked)} requests, {len(found.failures)} failures", flush=True)
        print(f"longest pauses since the start: {lag.longest()}")
    finally:
        lag.close()
    return found


def _round(scenario: Scenario, rng: random.Random, requests: int) -> Iterator[FuzzRequest]:
    people_of_round = people(scenario)
    csrf = CsrfProtection(scenario.stack.secrets("portal")["pepper"], scenario.stack.gateway_url)
    for _ in range(requests):
        if rng.random() < 0.6:
            yield _of_an_api(scenario, people_of_round, rng)
        else:
            yield _of_a_page(scenario, people_of_round, csrf, rng)


def people(scenario: Scenario) -> FuzzPeople:
    """Create an agent and an external person with sessions, drafts, and transfers, pending or released."""
    agent, sender = scenario.agent("fuzz", signed_in=True), scenario.external("fuzz")
    guest = scenario.external("guest", signed_in=False)
    drafts = [scenario.draft(sender, [agent.address]) for _ in range(3)]
    waiting = [scenario.send(sender, [agent.address, guest.address]).transfer for _ in range(2)]
    approval = agent.wait_for_mail(DECISION).token(DECISION)
    link = scenario.link(agent)
    people_of_round = FuzzPeople([str(one.api.transport.token) for one in (sender, agent)])
    known = _known(drafts, waiting, agent, approval)
    file = agent.api.offer(link).files[0].file
    known["file"] = [file, str(uuid.uuid4())]
    people_of_round.known = {
        kind: {**known, "token": [token]} for kind, token in (("approval", approval), ("link", link))
    }
    return people_of_round


def _known(drafts: list[str], sent: list[str], agent: ApiUser, approval: str) -> KnownValues:
    digest = str(agent.api.approval_request(approval).snapshot.digest)
    challenge = agent.api.create_challenge("question").challenge
    addresses = [agent.address, f"{uuid.uuid4().hex[:8]}@ville.example"]
    return {
        "draft": drafts,
        "transfer": sent,
        "download": [str(uuid.uuid4()) for _ in range(3)],
        "id": [str(uuid.uuid4())],
        "digest": [digest],
        "address": addresses,
        "recipient": addresses,
        "email": addresses,
        "challenge": [challenge],
    }


def _of_an_api(scenario: Scenario, people_of_round: FuzzPeople, rng: random.Random) -> FuzzRequest:
    operation = rng.choice(operations())
    known = people_of_round.known[operation.kind]
    spared = known if operation.method != "DELETE" or rng.random() < ENDS else {}
    path = operation.address({name: _segment(name, spared, rng) for name in operation.path})
    asked = {name: rng.choice((*MOMENTS, *STRINGS)).encode(errors="replace")[:2_000] for name in operation.query}
    what = f"{operation.method} {operation.template}"
    token = "" if what in ENDS_A_SESSION else rng.choice((*people_of_round.tokens, *people_of_round.tokens, "x", ""))
    headers = _odd_headers(rng) | ({"Authorization": f"Bearer {token}"} if token else {})
    body = b"" if operation.body is None else odd_body(operation, known, rng)
    if body:
        headers.setdefault("Content-Type", "application/json")
    past_the_gateway = rng.random() < 0.25
    base = scenario.stack.service_url(operation.service) if past_the_gateway else scenario.stack.gateway_url
    return FuzzRequest(what, operation.method, f"{base}{path}{'?' + urlencode(asked) if asked else ''}", headers, body)


def _segment(name: str, known: KnownValues, rng: random.Random) -> str:
    if name in known and rng.random() < 0.85:
        return rng.choice(known[name])
    return quote(rng.choice(STRINGS).encode(errors="replace")[:600], safe="") or "-"


def _odd_headers(rng: random.Random) -> dict[str, str]:
    if rng.random() < 0.8:
        return {}
    written = [text for text in STRINGS if text.isascii() and text.isprintable() and len(text) < 1_000]
    return {rng.choice(sorted(HEADERS)): rng.choice(written).strip()}


def _of_a_page(
    scenario: Scenario, people_of_round: FuzzPeople, csrf: CsrfProtection, rng: random.Random
) -> FuzzRequest:
    page = rng.choice(portal_routes.routes())
    known = people_of_round.known[page.kind]
    spared = known if not page.path.endswith("/delete") or rng.random() < ENDS else {}
    path = portal_routes.address(page, spared, rng)
    what = f"{page.method} {page.path}"
    token = "" if what in ENDS_A_SESSION else portal_routes.cookie(people_of_round.tokens, rng)
    person = portal_routes.person_of(token) if token in people_of_round.tokens else ""
    headers = {
        "Sec-Fetch-Site": "same-origin",
        "Cookie": f"{portal_routes.COOKIE}={token}; {portal_routes.THIS_BROWSER}",
    } | _odd_headers(rng)
    body = b""
    if page.method != "GET":
        more, body = portal_routes.form(page, path, csrf, person, known, rng)
        headers |= more
    past_the_gateway = rng.random() < 0.25
    base = scenario.stack.service_url("portal") if past_the_gateway else scenario.stack.gateway_url
    return FuzzRequest(what, page.method, f"{base}{path}{portal_routes.query(rng)}", headers, body)


async def _ask_all(asked: list[FuzzRequest], found: FuzzReport) -> None:
    waiting = iter(asked)
    async with httpx.AsyncClient(timeout=120, limits=LIMITS) as http:
        await asyncio.gather(*(_ask_each(http, waiting, found) for _ in range(AT_ONCE)))


async def _ask_each(http: httpx.AsyncClient, waiting: Iterator[FuzzRequest], found: FuzzReport) -> None:
    for one in waiting:
        try:
            answer = await http.request(one.method, one.url, headers=one.headers, content=one.body)
        except httpx.HTTPError as error:
            found.failures.append(f"{_describe(one)}: {type(error).__name__} {error}")
            continue
        found.statuses[answer.status_code] += 1
        if answer.status_code >= 500:
            found.failures.append(f"{_describe(one)}: {answer.status_code} {answer.text[:300]}")


def _describe(one: FuzzRequest) -> str:
    return f"{one.what} ({one.method} {one.url[:300]} {one.headers} {one.body[:300]!r})"
