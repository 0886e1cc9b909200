"""How a command ended, and coming in before it."""

import json
from collections.abc import Callable
from typing import NamedTuple

from client.errors import Json
from tests.fakes.api.app import SERVER
from tests.fakes.api.cards import KEY, PERSON, TOKEN

TO = ["--to", "d@ministere.example", "--subject", "Plans", "--server", SERVER]


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    output: str
    errors: str

    @property
    def document(self) -> Json:
        found: Json = json.loads(self.output)
        return found


Run = Callable[..., Ended]


def sign_in(run: Run) -> None:
    given = ["--link", TOKEN, "--key", KEY, "--last-name", "Lovelace", "--first-name", "Ada", "--server", SERVER]
    assert run("sign-in", PERSON["address"], *given).code == 0
