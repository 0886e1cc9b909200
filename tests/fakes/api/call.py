"""One request as a fake service sees it, with its caller."""

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
class ApiCall:
    """`parameters` are the values in the path, by the names that the service gives them."""

    request: httpx.Request
    parameters: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.parameters[name]

    @property
    def body(self) -> Any:
        """The JSON body, or None."""
        return json.loads(self.request.content) if self.request.content else None

    @property
    def caller(self) -> Json:
        """The claims of the bearer's token; `Unauthenticated` without one."""
        scheme, _, token = self.request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer":
            raise Unauthenticated()
        try:
            claims: Json = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        except (IndexError, ValueError, binascii.Error):
            raise SessionExpired() from None
        return claims


Answer = Callable[[ApiCall], httpx.Response]
Answers = dict[str, Answer]
"""The handlers of a fake service, by the name of the operation in its description."""


def with_session(answers: Answers) -> Answers:
    """Return the same handlers, which require a session."""

    def checked(answer: Answer, call: ApiCall) -> httpx.Response:
        assert call.caller
        return answer(call)

    return {name: partial(checked, answer) for name, answer in answers.items()}


def ok(card: Any) -> httpx.Response:
    """Return a JSON response."""
    return httpx.Response(200, json=card)


def page(call: ApiCall, items: Sequence[Json]) -> httpx.Response:
    """Return the requested page of a list; the fake's cursor is an index."""
    asked = call.request.url.params
    start = decode_cursor(asked["cursor"]).sort_key if "cursor" in asked else 0
    stop = start + int(asked.get("limit", DEFAULT_ITEMS))
    following = encode_cursor(Position(stop)) if stop < len(items) else None
    return ok({"items": list(items[start:stop]), "next_cursor": following})


def token(role: str = "external", life: int = 900, age: int = 0, session: str = "session-1", **claims: Any) -> str:
    """Return a session token like auth's, without a valid signature; `life` and `age` in seconds."""
    now = int(time.time()) - age
    person = {"sub": PERSON["address"], "person": "person-1", "name": PERSON["name"], "role": role, "language": "fr"}
    body = json.dumps({"jti": session, **person, "iat": now, "exp": now + life, **claims}).encode()
    return ".".join(base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in (b"{}", body, b"signed"))
