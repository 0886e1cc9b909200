"""The interface of a benchmarked server: it stores and returns files for its clients."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from bench.http_connection import InvalidMeasurement
from bench.part_file import PartFile


class ContenderClient(Protocol):
    """One client, with its own connections; it downloads the files that it uploaded."""

    def upload(self, part_file: PartFile) -> None:
        """Upload one file, until it is acknowledged."""

    def make_downloadable(self) -> None:
        """Do what is needed before the download; not timed."""

    def download(self) -> None:
        """Download every uploaded file; raise if the content differs."""

    def clean_up(self) -> None:
        """Remove the files; not timed."""


class Contender(Protocol):
    """A benchmarked server; `memory_parts` names its processes, without store, database and broker."""

    name: str
    memory_parts: Sequence[str]
    crashes: int

    def client(self) -> ContenderClient:
        """Return a new client."""

    def servers(self) -> dict[str, list[int]]:
        """Return the process ids by part, without the store's."""

    def has_crashed(self) -> bool:
        """Return whether its process exited by itself; creating the next client restarts it."""


class Load(NamedTuple):
    """A number of files of one size, moved by a number of concurrent clients."""

    files: int
    size_bytes: int
    clients: int

    def __str__(self) -> str:
        clients = "1 client" if self.clients == 1 else f"{self.clients} clients"
        return f"{self.files} × {self.size_bytes / 1_000_000:g} MB, {clients}"

    @property
    def total_bytes(self) -> int:
        return self.files * self.size_bytes


def verify_content(part_file: PartFile, size_bytes: int, sha256: str) -> None:
    """Raise if the content differs from what was sent: a fast wrong answer is not a result."""
    if (size_bytes, sha256) != (part_file.size_bytes, part_file.sha256):
        raise InvalidMeasurement(f"{size_bytes} bytes came, and not those that were sent")
