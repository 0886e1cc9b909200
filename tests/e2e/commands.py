"""The command line as a person on a machine of their own types it; it may be killed."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from client.problem import Json
from devstack.challenge_solver import solve
from devstack.people import ACCESS, ApiUser
from tests.e2e.line import Line, Stop
from tests.e2e.world import World
from tests.eventually import PATIENCE_SECONDS, until

PROJECT = Path(__file__).resolve().parents[2]


@dataclass
class Ended:
    """How a command ended."""

    code: int
    output: str
    errors: str

    @property
    def document(self) -> Json:
        """The one document on standard output."""
        found: Json = json.loads(self.output)
        return found


class Machine:
    """Somebody's own computer: a folder for state, one for files."""

    def __init__(self, world: World, folder: Path, language: str = "en_GB.UTF-8") -> None:
        self.world = world
        self.files = folder / "files"
        self.files.mkdir(parents=True)
        self.state = folder / "state"
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(PROJECT),
            "LANG": language,
            "XDG_STATE_HOME": str(self.state),
            "MELANISSIMO_SERVER": world.stack.gateway_url,
        }

    @contextmanager
    def begin(self, *asked: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
        """A command that does not outlive the block; SIGINT reaches it also below a shell's job in the background."""
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

    def run(self, *asked: str, says: Sequence[str] = ()) -> Ended:
        """A command to its end, with lines typed beforehand."""
        with self.begin(*asked) as command:
            output, errors = command.communicate("".join(f"{line}\n" for line in says), timeout=PATIENCE_SECONDS)
            return Ended(command.returncode, output, errors)

    @contextmanager
    def held(self, *asked: str, after: Stop) -> Iterator[subprocess.Popen[str]]:
        """A command whose line is held at this point."""
        with Line() as line, self.begin(*asked, http_proxy=line.url) as command:
            line.hold_after(after)
            until(lambda: command.poll() is not None or line.is_held(), "the command is held")
            assert command.poll() is None, command.communicate()
            yield command

    def killed(self, *asked: str, after: Stop) -> None:
        """A command that gets SIGKILL when its line is held."""
        with self.held(*asked, after=after):
            pass

    def signed_in(self, person: ApiUser) -> Ended:
        """Come in as a person does: reads the question, answers, reads the mail, types the link and the key."""
        with self.begin("sign-in", person.address, "--json", LANG="fr_FR.UTF-8") as command:
            assert command.stdin is not None
            assert command.stderr is not None
            question = _read_until(command.stderr.read, "?")
            _type(command.stdin.write, command.stdin.flush, solve(question))
            letter = person.wait_for_mail(ACCESS)
            link = next(link for link in letter.links if f"/{ACCESS}/" in link)
            for line in (link, person.last_name, person.first_name, str(letter.key)):
                _type(command.stdin.write, command.stdin.flush, line)
            output, errors = command.communicate(timeout=PATIENCE_SECONDS)
        for kept in self.state.rglob("sessions/*.json"):
            self.world.canaries.add(json.loads(kept.read_bytes())["token"])
        return Ended(command.returncode, output, errors)


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
