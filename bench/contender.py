"""What is timed side by side: somebody who takes files in and gives them back, and one client of theirs."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from bench.cuts import Cuts
from bench.line import Unexpected


class Mover(Protocol):
    """One client, on connections of its own; it fetches what it has brought."""

    def upload(self, cuts: Cuts) -> None:
        """One file, until it is acknowledged."""

    def settle(self) -> None:
        """Whatever must happen before it can be fetched, off the clock."""

    def download(self) -> None:
        """Every file it has brought; refuses bytes that are not those."""

    def forget(self) -> None:
        """Removes them, off the clock."""


class Contender(Protocol):
    """A way for files; `memory_of` are the parts that carry or decide, without store, database and broker."""

    name: str
    memory_of: Sequence[str]
    deaths: int

    def mover(self) -> Mover:
        """One more client."""

    def servers(self) -> dict[str, list[int]]:
        """The processes of each of its parts, without the store's."""

    def died(self) -> bool:
        """True when its process ended by itself; the next client finds it started again."""


class Load(NamedTuple):
    """So many files of one size, by so many clients at once."""

    files: int
    size_bytes: int
    clients: int

    def __str__(self) -> str:
        clients = "1 client" if self.clients == 1 else f"{self.clients} clients"
        return f"{self.files} × {self.size_bytes / 1_000_000:g} MB, {clients}"

    @property
    def total_bytes(self) -> int:
        return self.files * self.size_bytes


def same(cuts: Cuts, size_bytes: int, sha256: str) -> None:
    """Refuses what is not what was sent: a fast wrong answer is not a result."""
    if (size_bytes, sha256) != (cuts.size_bytes, cuts.sha256):
        raise Unexpected(f"{size_bytes} bytes came, and not those that were sent")
