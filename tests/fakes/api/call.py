"""One request as a fake service sees it, and whose it is."""

import base64
import binascii
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx

from services.kit.authentication import SessionExpired
from services.kit.pagination import DEFAULT_ITEMS, Position, decode_cursor, encode_cursor
from services.kit.refusals import Unauthenticated
from tests.fakes.api.cards import PERSON, Json


@dataclass(frozen=True)
class Call:
    """`parameters` are the values in the path, by the names that the service gives them."""

    request: httpx.Request
    parameters: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.parameters[name]

    @property
    def body(self) -> Any:
        """The JSON that was sent; none when nothing was."""
        return json.loads(self.request.content) if self.request.content else None

    @property
    def caller(self) -> Json:
        """The claims of the bearer's token; refuses who has none."""
        scheme, _, token = self.request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer":
            raise Unauthenticated()
        try:
            claims: Json = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        except (IndexError, ValueError, binascii.Error):
            raise SessionExpired() from None
        return claims


Answer = Callable[[Call], httpx.Response]
Answers = dict[str, Answer]
"""What a fake service answers, by the name of the operation in the service's description."""


def with_session(answers: Answers) -> Answers:
    """The same, for those alone who have a session."""

    def checked(answer: Answer, call: Call) -> httpx.Response:
        assert call.caller
        return answer(call)

    return {name: partial(checked, answer) for name, answer in answers.items()}


def ok(card: Any) -> httpx.Response:
    """A card as JSON."""
    return httpx.Response(200, json=card)


def page(call: Call, items: Sequence[Json]) -> httpx.Response:
    """The page that is asked for; the fake's cursor is a place in a list to which nothing is added meanwhile."""
    asked = call.request.url.params
    start = decode_cursor(asked["cursor"]).sort_key if "cursor" in asked else 0
    stop = start + int(asked.get("limit", DEFAULT_ITEMS))
    following = encode_cursor(Position(stop)) if stop < len(items) else None
    return ok({"items": list(items[start:stop]), "next_cursor": following})


def token(role: str = "external", life: int = 900, age: int = 0, session: str = "session-1", **claims: Any) -> str:
    """A session's token as auth makes them, but for its signature; `life` and `age` in seconds."""
    now = int(time.time()) - age
    person = {"sub": PERSON["address"], "person": "person-1", "name": PERSON["name"], "role": role, "language": "fr"}
    body = json.dumps({"jti": session, **person, "iat": now, "exp": now + life, **claims}).encode()
    return ".".join(base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in (b"{}", body, b"signed"))
