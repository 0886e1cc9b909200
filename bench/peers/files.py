"""Servers that take a file in one request: the tus ones, and those that know PUT."""

import subprocess
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from urllib.parse import urlsplit

from bench.contender import Mover, same
from bench.cuts import Cuts
from bench.line import Line
from devstack.ports import answers
from devstack.process import Child
from devstack.workspace import Workspace

Remove = Callable[[str], None]
DYING_SECONDS = 2.0
TUS = {"Tus-Resumable": "1.0.0"}


class Started:
    """A process that listens; one that has ended by itself is started again."""

    def __init__(self, workspace: Workspace, child: Child, port: int) -> None:
        self.child = child
        self._workspace = workspace
        self._port = port
        self._start()

    def again_if_dead(self) -> None:
        if not self.child.alive:
            self._start()

    def _start(self) -> None:
        self.child.start()
        self._workspace.wait_until(self.child.name, lambda: answers(self._port), 30)


class Server:
    """One process at one address; `remove` takes away what it keeps under a name."""

    deaths = 0

    def __init__(self, name: str, url: str, started: "Started", mover: "type[FilesMover]", remove: Remove) -> None:
        self.name = name
        self.memory_of: Sequence[str] = (name,)
        self._url = url
        self._started = started
        self._mover = mover
        self._remove = remove

    def mover(self) -> Mover:
        self._started.again_if_dead()
        return self._mover(self._url, self._remove)

    def servers(self) -> dict[str, list[int]]:
        return {self.name: [self._started.child.pid]}

    def died(self) -> bool:
        with suppress(subprocess.TimeoutExpired):
            self._started.child.wait(DYING_SECONDS)
        return not self._started.child.alive


class FilesMover(ABC):
    """What comes back is asked for by the path that went."""

    def __init__(self, url: str, remove: Remove) -> None:
        self.line = Line(url)
        self._remove = remove
        self._sent: dict[str, Cuts] = {}

    @abstractmethod
    def bring(self, cuts: Cuts) -> str:
        """One file; its path."""

    def upload(self, cuts: Cuts) -> None:
        self._sent[self.bring(cuts)] = cuts

    def settle(self) -> None:  # noqa: B027 - it is a port, and there is nothing to wait for
        """Nothing is to be done."""

    def download(self) -> None:
        for path, cuts in self._sent.items():
            same(cuts, *self.line.fetch(path, {}))

    def forget(self) -> None:
        """The bench removes it: a tus server on S3 refuses to end what is complete."""
        for path in self._sent:
            self._remove(path.rpartition("/")[2])
        self.line.close()


class TusMover(FilesMover):
    """One POST that says how much will come, and one PATCH with all of it, as a tus client does by default."""

    def bring(self, cuts: Cuts) -> str:
        length = {"Upload-Length": str(cuts.size_bytes), "Content-Length": "0"}
        path = urlsplit(str(self.line.send("POST", "/files", None, TUS | length)["Location"])).path
        headers = {
            "Upload-Offset": "0",
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(cuts.size_bytes),
        }
        self.line.send("PATCH", path, iter(cuts.parts), TUS | headers)
        return path


class PutMover(FilesMover):
    """One PUT a file."""

    def bring(self, cuts: Cuts) -> str:
        path = f"/{uuid.uuid4().hex}.bin"
        self.line.send("PUT", path, iter(cuts.parts), {"Content-Length": str(cuts.size_bytes)})
        return path
