"""How a command ended, and coming in before it."""

import json
from collections.abc import Callable
from typing import NamedTuple

from client.problem import Json
from tests.unit.client.house import SERVER, TOKEN

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
    given = ["--link", TOKEN, "--key", "KEY", "--last-name", "L", "--first-name", "A", "--server", SERVER]
    assert run("sign-in", "a@ville.example", *given).code == 0
