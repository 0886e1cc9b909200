"""The fake API, on which the portal and the client are tested, answers one sequence of requests as the services do."""

import hashlib
import uuid
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

import httpx

from devstack.challenge_solver import solve
from devstack.people import ACCESS, DECISION, OFFER
from tests.e2e.scenario import Scenario
from tests.eventually import until
from tests.fakes.api.app import SERVER, FakeApi
from tests.fakes.api.cards import AGENT, KEY, OUTSIDER, PERSON, TOKEN, Json
from tests.fakes.api.description import description

CONTENT = b"one part"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Side(Protocol):
    """The API, fake or real, and the mails of three people: a sender, an agent and an external recipient."""

    http: httpx.Client
    sender: str
    agent: str
    external: str

    def link_and_key(self) -> tuple[str, str]:
        """The link and the key from the sender's mail."""

    def token(self, page: str, address: str, transfer: str) -> str:
        """The token of a mail: for a decision or a download."""


class FakeSide:
    """The fake API, with the tokens that it would send."""

    def __init__(self, api: FakeApi) -> None:
        self.api = api
        self.http = httpx.Client(base_url=SERVER, transport=api.transport())
        self.sender, self.agent, self.external = PERSON["address"], AGENT["address"], OUTSIDER["address"]

    def link_and_key(self) -> tuple[str, str]:
        return TOKEN, KEY

    def token(self, page: str, address: str, transfer: str) -> str:
        if page == OFFER:
            return self.api.download.token_of(transfer, address)
        return next(token for token, of in self.api.propagation.approvals.items() if of == transfer)


class RealSide:
    """The services behind the gateway, with the mails that arrive."""

    def __init__(self, scenario: Scenario) -> None:
        people = (scenario.external("camille", False), scenario.agent("dominique"), scenario.external("sacha", False))
        self._people = {person.address: person for person in people}
        self.sender, self.agent, self.external = self._people
        self.http = httpx.Client(base_url=scenario.stack.gateway_url, timeout=30)

    def link_and_key(self) -> tuple[str, str]:
        mail = self._people[self.sender].wait_for_mail(ACCESS)
        return mail.token(ACCESS), str(mail.key)

    def token(self, page: str, address: str, transfer: str) -> str:
        return self._people[address].wait_for_mail(page).token(page)


class ComparedResponse(NamedTuple):
    """What is compared of a response: its status, its problem type if any, and the names in its JSON."""

    asked: str
    status: int
    problem: str
    names: Any


class Requester:
    """Sends requests to one side and records the responses; each must match the service's description."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self.heard: list[ComparedResponse] = []
        self.session = ""

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        wanted: Callable[[httpx.Response], bool] = lambda _answer: True,
        **more: Any,
    ) -> Any:
        """Return the JSON of the first response that is `wanted`: events between services take time."""
        headers = more.pop("headers", {}) | ({"Authorization": f"Bearer {self.session}"} if self.session else {})
        request = self.side.http.build_request(method, path, json=body, headers=headers, **more)
        operation = description().check_request(request)
        asked = operation.name if operation else f"{method} /parts"

        def look() -> httpx.Response | None:
            found = self.side.http.send(request)
            return found if wanted(found) else None

        found = until(look, asked)
        assert found is not None
        description().check_answer(request, found)
        content: Any = found.json() if found.content else {}
        kind = content["type"] if found.is_error else ""
        self.heard.append(ComparedResponse(asked, found.status_code, kind, names(content)))
        return content

    @contextmanager
    def without_session(self) -> Iterator[None]:
        """Send a request without a session."""
        session, self.session = self.session, ""
        yield
        self.session = session


def names(value: Any) -> Any:
    """Return the names of members at every depth; of a list, each kind of item once."""
    if isinstance(value, dict):
        return {name: names(one) for name, one in sorted(value.items())}
    if isinstance(value, list):
        found: list[Any] = []
        for one in map(names, value):
            if one not in found:
                found.append(one)
        return found
    return None


def run_every_step(side: Side) -> list[ComparedResponse]:
    """Run every step from the human check to the deletion, with a refusal in each."""
    requester = Requester(side)
    sign_in(requester)
    transfer = send(requester)
    decide(requester, transfer)
    fetch(requester, transfer)
    follow_and_delete(requester, transfer)
    side.http.close()
    return requester.heard


def sign_in(requester: Requester) -> None:
    side, ask = requester.side, requester.ask
    for right in (False, True):
        drawn = ask("POST", "/api/auth/challenges", {"kind": "question"})
        given = solve(drawn["question"]) if right else "none of it"
        wish = {"email": side.sender, "challenge": drawn["challenge"], "answer": given, "language": "fr"}
        ask("POST", "/api/auth/links", wish)
    link, key = side.link_and_key()
    wish = {
        "link": link,
        "key": "AAAAA",
        "last_name": "Martin",
        "first_name": "Camille",
        "request_id": str(uuid.uuid4()),
    }
    ask("POST", "/api/auth/sessions", wish)
    opened = ask("POST", "/api/auth/sessions", wish | {"key": key})
    ask("POST", "/api/auth/sessions", wish | {"key": key, "request_id": str(uuid.uuid4())})
    ask("GET", "/api/auth/sessions/current")
    requester.session = opened["token"]
    ask("GET", "/api/auth/sessions/current")
    requester.session = ask("POST", "/api/auth/sessions/current/renewal")["token"]


def send(requester: Requester) -> str:
    side, ask = requester.side, requester.ask
    id, file = str(uuid.uuid4()), str(uuid.uuid4())
    draft = f"/api/upload/drafts/{id}"
    ask("GET", "/api/upload/config")
    ask("GET", draft)
    ask("PUT", draft)
    with requester.without_session():
        ask("GET", draft)
    ask("POST", f"{draft}/submission")
    ask("PATCH", draft, {"to": [side.agent, "nobody at all"], "cc": [side.external], "subject": "Relevés"})
    ask("PATCH", draft, {"to": [side.agent]})
    ask("PUT", f"{draft}/files/{file}", {"path": "outil.exe", "size_bytes": 1})
    wish = {"path": "Relevés/novembre.csv", "size_bytes": len(CONTENT)}
    plan = ask("PUT", f"{draft}/files/{file}", wish)
    ask("PUT", f"{draft}/files/{file}", wish | {"size_bytes": 1})
    ask("POST", f"{draft}/files/{file}/completion", {"sha256": SHA256})
    bring(requester, plan["parts_url"], CONTENT[:3])
    bring(requester, plan["parts_url"], CONTENT)
    ask("GET", f"{draft}/files/{file}")
    ask("POST", f"{draft}/files/{file}/completion", {"sha256": SHA256})
    bring(requester, plan["parts_url"], CONTENT)
    ask("GET", draft)
    ask("GET", "/api/upload/drafts")
    for _ in range(2):
        ask("POST", f"{draft}/submission")
    ask("GET", draft)
    ask("GET", "/api/upload/drafts")
    ask("GET", "/api/upload/transfers")
    ask("GET", f"/api/upload/transfers/{id}")
    return id


def bring(requester: Requester, url: str, content: bytes) -> None:
    """Upload one part."""
    headers = {"X-Part-CRC32": f"{zlib.crc32(content):08x}"}
    requester.ask("PUT", f"{url}/1/{hashlib.sha256(content).hexdigest()}", content=content, headers=headers)


def decide(requester: Requester, transfer: str) -> None:
    ask, side = requester.ask, requester.side
    token = side.token(DECISION, side.agent, transfer)
    ask("GET", f"/api/propagation/transfers/{transfer}")
    ask("GET", "/api/propagation/pending")
    with requester.without_session():
        place = f"/api/propagation/approvals/{token}"
        ask("GET", f"{place}x")
        digest = ask("GET", place)["snapshot"]["digest"]
        ask("POST", f"{place}/approval", {"digest": "0" * 64})
        for _ in range(2):
            ask("POST", f"{place}/approval", {"digest": digest})
        ask("POST", f"{place}/refusal", {"digest": digest, "reason": "Doublon"})
    ask("GET", f"/api/propagation/transfers/{transfer}")


def fetch(requester: Requester, transfer: str) -> None:
    ask, side = requester.ask, requester.side
    link = f"/api/download/links/{side.token(OFFER, side.external, transfer)}"
    with requester.without_session():
        ask("GET", f"{link}x")
        (file,) = ask("GET", link)["files"]
        ask("POST", f"{link}/opened")
        ask("PUT", f"{link}/files/{uuid.uuid4()}/downloads/{uuid.uuid4()}")
        downloads = [str(uuid.uuid4()) for _ in range(file["left"] + 1)]
        for download in (downloads[0], *downloads):
            ask("PUT", f"{link}/files/{file['file']}/downloads/{download}")
        ask("PUT", f"{link}/archive/downloads/{uuid.uuid4()}")
        ask("GET", link)


def follow_and_delete(requester: Requester, transfer: str) -> None:
    ask, side = requester.ask, requester.side
    link = f"/api/download/links/{side.token(OFFER, side.external, transfer)}"
    here = f"/api/download/transfers/{transfer}"
    ask("GET", f"/api/download/transfers/{uuid.uuid4()}")
    seen = ask("GET", here, wanted=lambda found: all(one["mails"] for one in found.json()["recipients"]))
    ask("GET", "/api/download/received")
    ask("PUT", f"{here}/resendings/{uuid.uuid4()}", {"recipient": side.external})
    ask("PUT", f"{here}/resendings/{uuid.uuid4()}", {"recipient": side.external})
    ask("PUT", f"{here}/resendings/{uuid.uuid4()}", {"recipient": "nobody@ville.example"})
    ask("PUT", f"{here}/reminders/{uuid.uuid4()}", {"recipient": None})
    ask("PUT", f"{here}/reminders/{uuid.uuid4()}", {"recipient": None})
    ask("POST", f"{here}/reopenings", {"recipient": side.external, "file": seen["files"][0]["file"]})
    for days in (100, 10, 3):
        ask("PUT", f"/api/upload/transfers/{transfer}/validity", {"days": days})
    ask("POST", f"{here}/revocations", {"recipient": side.external})
    with requester.without_session():
        ask("GET", link, wanted=is_gone)
    ask("DELETE", f"/api/upload/transfers/{transfer}")
    ask("PUT", f"/api/upload/transfers/{transfer}/validity", {"days": 12})
    ask("GET", f"/api/upload/transfers/{transfer}")
    ask("GET", here, wanted=lambda found: is_over(found.json()))
    ask("GET", f"/api/propagation/transfers/{transfer}", wanted=lambda found: is_over(found.json()))
    with requester.without_session():
        ask("GET", link, wanted=lambda found: found.json()["type"] == "/problems/transfer-deleted")
    ask("DELETE", "/api/auth/sessions/current")
    ask("POST", "/api/auth/sessions/current/renewal")


def is_gone(found: httpx.Response) -> bool:
    return found.status_code == 410


def is_over(card: Json) -> bool:
    return bool(card["state"] == "withdrawn")


def test_the_fake_answers_like_the_services(scenario: Scenario) -> None:
    api = FakeApi()
    fake, real = run_every_step(FakeSide(api)), run_every_step(RealSide(scenario))
    assert [(one, other) for one, other in zip(fake, real, strict=True) if one != other] == []
    assert len({one.problem for one in real}) > 20
    assert api.violations == []
