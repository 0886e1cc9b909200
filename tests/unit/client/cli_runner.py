"""Run commands in tests: the result of a command, and signing in before it."""

import json
from collections.abc import Callable
from typing import NamedTuple

from client.errors import Json
from tests.fakes.api.app import SERVER
from tests.fakes.api.cards import KEY, PERSON, TOKEN

TO = ["--to", "d@ministere.example", "--subject", "Plans", "--server", SERVER]


class CliResult(NamedTuple):
    """The exit code and the output of a command."""

    code: int
    output: str
    errors: str

    @property
    def document(self) -> Json:
        found: Json = json.loads(self.output)
        return found


Run = Callable[..., CliResult]


def sign_in(run: Run) -> None:
    given = ["--link", TOKEN, "--key", KEY, "--last-name", "Lovelace", "--first-name", "Ada", "--server", SERVER]
    assert run("sign-in", PERSON["address"], *given).code == 0
