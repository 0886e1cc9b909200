"""The fake of the API, on which the portal and the client are tested, answers one story as the services do."""

import hashlib
import uuid
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

import httpx

from devstack.challenge_solver import solve
from devstack.people import ACCESS, DECISION, OFFER
from tests.e2e.world import World
from tests.eventually import until
from tests.fakes.api.app import SERVER, FakeApi
from tests.fakes.api.cards import AGENT, KEY, OUTSIDER, PERSON, TOKEN, Json
from tests.fakes.api.description import description

CONTENT = b"one part"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Side(Protocol):
    """The API, fake or real, and the mails of three people: who sends, an agent, somebody else outside."""

    http: httpx.Client
    sender: str
    agent: str
    outsider: str

    def link_and_key(self) -> tuple[str, str]:
        """What the sender was mailed to sign in."""

    def token(self, page: str, address: str, transfer: str) -> str:
        """What somebody was mailed to decide on a transfer, or to download it."""


class Fake:
    """Without mails: the fake says which tokens it would send."""

    def __init__(self, api: FakeApi) -> None:
        self.api = api
        self.http = httpx.Client(base_url=SERVER, transport=api.transport())
        self.sender, self.agent, self.outsider = PERSON["address"], AGENT["address"], OUTSIDER["address"]

    def link_and_key(self) -> tuple[str, str]:
        return TOKEN, KEY

    def token(self, page: str, address: str, transfer: str) -> str:
        if page == OFFER:
            return self.api.download.token_of(transfer, address)
        return next(token for token, of in self.api.propagation.approvals.items() if of == transfer)


class Real:
    """The services behind the gateway, and the mails that arrive."""

    def __init__(self, world: World) -> None:
        people = (world.outsider("camille", False), world.agent("dominique"), world.outsider("sacha", False))
        self._people = {person.address: person for person in people}
        self.sender, self.agent, self.outsider = self._people
        self.http = httpx.Client(base_url=world.stack.gateway_url, timeout=30)

    def link_and_key(self) -> tuple[str, str]:
        letter = self._people[self.sender].wait_for_mail(ACCESS)
        return letter.token(ACCESS), str(letter.key)

    def token(self, page: str, address: str, transfer: str) -> str:
        return self._people[address].wait_for_mail(page).token(page)


class Heard(NamedTuple):
    """What is compared of an answer: its status, which problem it is if it is one, and the names in its JSON."""

    asked: str
    status: int
    problem: str
    names: Any


class Narrator:
    """Asks one side, and writes down what is heard; each answer must also be one that the service describes."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self.heard: list[Heard] = []
        self.session = ""

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        wanted: Callable[[httpx.Response], bool] = lambda _answer: True,
        **more: Any,
    ) -> Any:
        """The JSON of the first answer that is `wanted`: what services tell each other takes its time."""
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
        self.heard.append(Heard(asked, found.status_code, kind, names(content)))
        return content

    @contextmanager
    def without_session(self) -> Iterator[None]:
        """As somebody who is not signed in."""
        session, self.session = self.session, ""
        yield
        self.session = session


def names(value: Any) -> Any:
    """The names of members, at every depth; of a list, each kind of item once."""
    if isinstance(value, dict):
        return {name: names(one) for name, one in sorted(value.items())}
    if isinstance(value, list):
        found: list[Any] = []
        for one in map(names, value):
            if one not in found:
                found.append(one)
        return found
    return None


def story(side: Side) -> list[Heard]:
    """From a human check to the deletion of what was sent, with a refusal at each turn."""
    narrator = Narrator(side)
    sign_in(narrator)
    transfer = send(narrator)
    decide(narrator, transfer)
    fetch(narrator, transfer)
    follow_and_delete(narrator, transfer)
    side.http.close()
    return narrator.heard


def sign_in(narrator: Narrator) -> None:
    side, ask = narrator.side, narrator.ask
    for right in (False, True):
        drawn = ask("POST", "/api/auth/challenges", {"kind": "question"})
        given = solve(drawn["question"]) if right else "none of it"
        wish = {"email": side.sender, "challenge": drawn["challenge"], "answer": given, "language": "fr"}
        ask("POST", "/api/auth/links", wish)
    link, key = side.link_and_key()
    wish = {"link": link, "key": "AAAAA", "last_name": "Martin", "first_name": "Camille", "session": str(uuid.uuid4())}
    ask("POST", "/api/auth/sessions", wish)
    opened = ask("POST", "/api/auth/sessions", wish | {"key": key})
    ask("POST", "/api/auth/sessions", wish | {"key": key, "session": str(uuid.uuid4())})
    ask("GET", "/api/auth/sessions/current")
    narrator.session = opened["token"]
    ask("GET", "/api/auth/sessions/current")
    narrator.session = ask("POST", "/api/auth/sessions/current/renewal")["token"]


def send(narrator: Narrator) -> str:
    side, ask = narrator.side, narrator.ask
    id, file = str(uuid.uuid4()), str(uuid.uuid4())
    draft = f"/api/upload/drafts/{id}"
    ask("GET", "/api/upload/config")
    ask("GET", draft)
    ask("PUT", draft)
    with narrator.without_session():
        ask("GET", draft)
    ask("POST", f"{draft}/submission")
    ask("PATCH", draft, {"to": [side.agent, "nobody at all"], "cc": [side.outsider], "subject": "Relevés"})
    ask("PATCH", draft, {"to": [side.agent]})
    ask("PUT", f"{draft}/files/{file}", {"path": "outil.exe", "size_bytes": 1})
    wish = {"path": "Relevés/novembre.csv", "size_bytes": len(CONTENT)}
    plan = ask("PUT", f"{draft}/files/{file}", wish)
    ask("PUT", f"{draft}/files/{file}", wish | {"size_bytes": 1})
    ask("POST", f"{draft}/files/{file}/completion", {"sha256": SHA256})
    bring(narrator, plan["parts_url"], CONTENT[:3])
    bring(narrator, plan["parts_url"], CONTENT)
    ask("GET", f"{draft}/files/{file}")
    ask("POST", f"{draft}/files/{file}/completion", {"sha256": SHA256})
    bring(narrator, plan["parts_url"], CONTENT)
    ask("GET", draft)
    ask("GET", "/api/upload/drafts")
    for _ in range(2):
        ask("POST", f"{draft}/submission")
    ask("GET", draft)
    ask("GET", "/api/upload/drafts")
    ask("GET", "/api/upload/transfers")
    ask("GET", f"/api/upload/transfers/{id}")
    return id


def bring(narrator: Narrator, url: str, content: bytes) -> None:
    """One part."""
    headers = {"X-Part-CRC32": f"{zlib.crc32(content):08x}"}
    narrator.ask("PUT", f"{url}/1/{hashlib.sha256(content).hexdigest()}", content=content, headers=headers)


def decide(narrator: Narrator, transfer: str) -> None:
    ask, side = narrator.ask, narrator.side
    token = side.token(DECISION, side.agent, transfer)
    ask("GET", f"/api/propagation/transfers/{transfer}")
    ask("GET", "/api/propagation/pending")
    with narrator.without_session():
        place = f"/api/propagation/approvals/{token}"
        ask("GET", f"{place}x")
        digest = ask("GET", place)["shown"]["digest"]
        ask("POST", f"{place}/approval", {"digest": "0" * 64})
        for _ in range(2):
            ask("POST", f"{place}/approval", {"digest": digest})
        ask("POST", f"{place}/refusal", {"digest": digest, "reason": "Doublon"})
    ask("GET", f"/api/propagation/transfers/{transfer}")


def fetch(narrator: Narrator, transfer: str) -> None:
    ask, side = narrator.ask, narrator.side
    link = f"/api/download/links/{side.token(OFFER, side.outsider, transfer)}"
    with narrator.without_session():
        ask("GET", f"{link}x")
        (file,) = ask("GET", link)["files"]
        ask("POST", f"{link}/opened")
        ask("PUT", f"{link}/files/{uuid.uuid4()}/downloads/{uuid.uuid4()}")
        downloads = [str(uuid.uuid4()) for _ in range(file["left"] + 1)]
        for download in (downloads[0], *downloads):
            ask("PUT", f"{link}/files/{file['file']}/downloads/{download}")
        ask("PUT", f"{link}/archive/downloads/{uuid.uuid4()}")
        ask("GET", link)


def follow_and_delete(narrator: Narrator, transfer: str) -> None:
    ask, side = narrator.ask, narrator.side
    link = f"/api/download/links/{side.token(OFFER, side.outsider, transfer)}"
    here = f"/api/download/transfers/{transfer}"
    ask("GET", f"/api/download/transfers/{uuid.uuid4()}")
    seen = ask("GET", here, wanted=lambda found: all(one["mails"] for one in found.json()["recipients"]))
    ask("GET", "/api/download/received")
    ask("PUT", f"{here}/resendings/{uuid.uuid4()}", {"recipient": side.outsider})
    ask("PUT", f"{here}/resendings/{uuid.uuid4()}", {"recipient": side.outsider})
    ask("PUT", f"{here}/resendings/{uuid.uuid4()}", {"recipient": "nobody@ville.example"})
    ask("PUT", f"{here}/reminders/{uuid.uuid4()}", {"recipient": None})
    ask("PUT", f"{here}/reminders/{uuid.uuid4()}", {"recipient": None})
    ask("POST", f"{here}/reopenings", {"recipient": side.outsider, "file": seen["files"][0]["file"]})
    for days in (100, 10, 3):
        ask("PUT", f"/api/upload/transfers/{transfer}/validity", {"days": days})
    ask("POST", f"{here}/revocations", {"recipient": side.outsider})
    with narrator.without_session():
        ask("GET", link, wanted=is_gone)
    ask("DELETE", f"/api/upload/transfers/{transfer}")
    ask("PUT", f"/api/upload/transfers/{transfer}/validity", {"days": 12})
    ask("GET", f"/api/upload/transfers/{transfer}")
    ask("GET", here, wanted=lambda found: is_over(found.json()))
    ask("GET", f"/api/propagation/transfers/{transfer}", wanted=lambda found: is_over(found.json()))
    with narrator.without_session():
        ask("GET", link, wanted=lambda found: found.json()["type"] == "/problems/transfer-withdrawn")
    ask("DELETE", "/api/auth/sessions/current")
    ask("POST", "/api/auth/sessions/current/renewal")


def is_gone(found: httpx.Response) -> bool:
    return found.status_code == 410


def is_over(card: Json) -> bool:
    return bool(card["state"] == "withdrawn")


def test_the_fake_answers_like_the_services(world: World) -> None:
    api = FakeApi()
    fake, real = story(Fake(api)), story(Real(world))
    assert [(one, other) for one, other in zip(fake, real, strict=True) if one != other] == []
    assert len({one.problem for one in real}) > 20
    assert api.violations == []
