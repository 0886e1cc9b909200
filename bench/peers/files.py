"""Servers that accept a file in one request: by tus, and by PUT."""

import subprocess
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from urllib.parse import urlsplit

from bench.contender import ContenderClient, verify_content
from bench.http_connection import HttpConnection
from bench.part_file import PartFile
from devstack.ports import accepts_connection
from devstack.process import Child
from devstack.workspace import Workspace

Remove = Callable[[str], None]
EXIT_SECONDS = 2.0
TUS = {"Tus-Resumable": "1.0.0"}


class PeerProcess:
    """A server process; it is restarted after it has exited by itself."""

    def __init__(self, workspace: Workspace, child: Child, port: int) -> None:
        self.child = child
        self._workspace = workspace
        self._port = port
        self._start()

    def restart_if_exited(self) -> None:
        if not self.child.alive:
            self._start()

    def _start(self) -> None:
        self.child.start()
        self._workspace.wait_until(self.child.name, lambda: accepts_connection(self._port), 30)


class PeerServer:
    """One process at one address; `remove` deletes the stored file of a name."""

    crashes = 0

    def __init__(self, name: str, url: str, started: "PeerProcess", client: "type[PeerClient]", remove: Remove) -> None:
        self.name = name
        self.memory_parts: Sequence[str] = (name,)
        self._url = url
        self._started = started
        self._client_class = client
        self._remove = remove

    def client(self) -> ContenderClient:
        self._started.restart_if_exited()
        return self._client_class(self._url, self._remove)

    def servers(self) -> dict[str, list[int]]:
        return {self.name: [self._started.child.pid]}

    def has_crashed(self) -> bool:
        with suppress(subprocess.TimeoutExpired):
            self._started.child.wait(EXIT_SECONDS)
        return not self._started.child.alive


class PeerClient(ABC):
    """A client that downloads each file by the path of its upload."""

    def __init__(self, url: str, remove: Remove) -> None:
        self.connection = HttpConnection(url)
        self._remove = remove
        self._sent: dict[str, PartFile] = {}

    @abstractmethod
    def send_file(self, part_file: PartFile) -> str:
        """Upload one file; return its path."""

    def upload(self, part_file: PartFile) -> None:
        self._sent[self.send_file(part_file)] = part_file

    def make_downloadable(self) -> None:  # noqa: B027 - it is a port, and there is nothing to wait for
        """Do nothing."""

    def download(self) -> None:
        for path, part_file in self._sent.items():
            verify_content(part_file, *self.connection.fetch(path, {}))

    def clean_up(self) -> None:
        """Remove the files from the disk or the store: a tus server on S3 refuses to delete complete uploads."""
        for path in self._sent:
            self._remove(path.rpartition("/")[2])
        self.connection.close()


class TusClient(PeerClient):
    """Uploads with one POST that announces the length and one PATCH with all bytes, as tus clients do by default."""

    def send_file(self, part_file: PartFile) -> str:
        length = {"Upload-Length": str(part_file.size_bytes), "Content-Length": "0"}
        path = urlsplit(str(self.connection.send("POST", "/files", None, TUS | length)["Location"])).path
        headers = {
            "Upload-Offset": "0",
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(part_file.size_bytes),
        }
        self.connection.send("PATCH", path, iter(part_file.parts), TUS | headers)
        return path


class PutClient(PeerClient):
    """Uploads each file with one PUT."""

    def send_file(self, part_file: PartFile) -> str:
        path = f"/{uuid.uuid4().hex}.bin"
        self.connection.send("PUT", path, iter(part_file.parts), {"Content-Length": str(part_file.size_bytes)})
        return path
