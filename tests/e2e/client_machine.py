"""Runs the command line in a process of its own, which a test may pause or kill."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from client.errors import Json
from devstack.challenge_solver import solve
from devstack.people import ACCESS, ApiUser
from tests.e2e.pausing_proxy import PausePoint, PausingProxy
from tests.e2e.scenario import Scenario
from tests.eventually import TIMEOUT_SECONDS, until

PROJECT = Path(__file__).resolve().parents[2]


@dataclass
class CommandResult:
    """The result of a command."""

    code: int
    output: str
    errors: str

    @property
    def document(self) -> Json:
        """The JSON document on standard output."""
        found: Json = json.loads(self.output)
        return found


class ClientMachine:
    """A client's computer: one folder for state, one for files."""

    def __init__(self, scenario: Scenario, folder: Path, language: str = "en_GB.UTF-8") -> None:
        self.scenario = scenario
        self.files = folder / "files"
        self.files.mkdir(parents=True)
        self.state = folder / "state"
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(PROJECT),
            "LANG": language,
            "XDG_STATE_HOME": str(self.state),
            "MELANISSIMO_SERVER": scenario.stack.gateway_url,
        }

    @contextmanager
    def begin(self, *asked: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
        """Start a command that ends with the block; SIGINT reaches it even when the tests run as a background job."""
        with subprocess.Popen(
            ["env", "--default-signal=INT", sys.executable, "-m", "client", *asked],
            cwd=self.files,
            env=self.environment | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as command:
            try:
                yield command
            finally:
                command.kill()

    def run(self, *asked: str, says: Sequence[str] = ()) -> CommandResult:
        """Run a command to its end, with these lines on standard input."""
        with self.begin(*asked) as command:
            output, errors = command.communicate("".join(f"{line}\n" for line in says), timeout=TIMEOUT_SECONDS)
            return CommandResult(command.returncode, output, errors)

    @contextmanager
    def paused(self, *asked: str, after: PausePoint) -> Iterator[subprocess.Popen[str]]:
        """Run a command whose connection pauses at this point."""
        with PausingProxy() as proxy, self.begin(*asked, http_proxy=proxy.url) as command:
            proxy.pause_after(after)
            until(lambda: command.poll() is not None or proxy.is_paused(), "the command is paused")
            assert command.poll() is None, command.communicate()
            yield command

    def killed(self, *asked: str, after: PausePoint) -> None:
        """Kill a command with SIGKILL when its connection pauses."""
        with self.paused(*asked, after=after):
            pass

    def signed_in(self, person: ApiUser) -> CommandResult:
        """Sign in: answer the question, read the mail, type the link and the key."""
        with self.begin("sign-in", person.address, "--json", LANG="fr_FR.UTF-8") as command:
            assert command.stdin is not None
            assert command.stderr is not None
            question = _read_until(command.stderr.read, "?")
            _type(command.stdin.write, command.stdin.flush, solve(question))
            mail = person.wait_for_mail(ACCESS)
            link = next(link for link in mail.links if f"/{ACCESS}/" in link)
            for line in (link, person.last_name, person.first_name, str(mail.key)):
                _type(command.stdin.write, command.stdin.flush, line)
            output, errors = command.communicate(timeout=TIMEOUT_SECONDS)
        for kept in self.state.rglob("sessions/*.json"):
            self.scenario.canaries.add(json.loads(kept.read_bytes())["token"])
        return CommandResult(command.returncode, output, errors)


def _read_until(read: Callable[[int], str], end: str) -> str:
    found = ""
    while not found.endswith(end):
        more = read(1)
        assert more, found
        found += more
    return found


def _type(write: Callable[[str], object], flush: Callable[[], object], line: str) -> None:
    write(line + "\n")
    flush()
