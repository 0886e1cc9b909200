"""Fetching by hand what the library would fetch for one: slowly, in pieces, and with a look at the book of the link."""

import hashlib
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from client.answers import Offer
from client.download import Downloader
from client.reply import Reply
from tests.e2e.world import WRITE, Sent, World, refused
from tests.eventually import PATIENCE_SECONDS, until

MIB = 1024 * 1024
LITTLE = [(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)]  # what was sent and not read stays with the sender
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def _largest_buffer(direction: str) -> int:
    """What the kernel lets one end of a line hold, in bytes."""
    return int(Path(f"/proc/sys/net/ipv4/tcp_{direction}mem").read_text(encoding="ascii").split()[-1])


# What was sent and not read may rest in the service's send buffer, nginx's receive buffer, and what nginx bounds itself
# (deploy/gateway/README.md). A download of more than that cannot be over while its reader has nothing.
ON_THE_WAY = _largest_buffer("w") + _largest_buffer("r") + MIB


@dataclass(frozen=True)
class Offered:
    """One file that was sent to one person, and how they come by it."""

    world: World
    sent: Sent
    address: str
    link: str

    @property
    def file(self) -> str:
        return str(self.sent.recap["files"][0]["file"])

    @property
    def name(self) -> str:
        return str(self.sent.recap["files"][0]["path"])

    @property
    def content(self) -> bytes:
        return self.sent.files[self.name]

    def begin(self, download: str | None = None) -> str:
        """Takes a lease; where its bytes are."""
        return self.world.impatient().begin_download(self.link, self.file, download or new()).url

    @property
    def offer(self) -> Offer:
        """What the page says."""
        return self.world.impatient().offer(self.link)

    @property
    def left(self) -> int:
        """How often the page says that it may still be had."""
        return self.offer.file(self.name).left

    @property
    def done(self) -> int:
        """How many complete downloads the sender sees."""
        return self.done_each[0]

    @property
    def done_each(self) -> list[int]:
        """The same of each file."""
        recipients = self.sent.sender.api.tracking(self.sent.transfer)["recipients"]
        mine = next(one for one in recipients if one["address"] == self.address)
        return [int(file["done"]) for file in mine["files"]]

    def book(self) -> list[dict[str, Any]]:
        """Every download that is kept book of, as the database has it."""
        links = self.world.database("download")["links"]
        link = links.find_one({"transfer": self.sent.transfer, "recipient.address": self.address})
        assert link is not None
        quota = link["quotas"].get(self.file, {"downloads": {}})
        return list(quota["downloads"].values())

    def end_lease(self, download: str) -> None:
        """Moves the time on for a download whose line is dead, until what was reserved for it lapses, too."""
        field = f"quotas.{self.file}.downloads.{download}"
        links = self.world.database("download")["links"]
        links.update_one(
            {"transfer": self.sent.transfer, "recipient.address": self.address},
            {"$set": {f"{field}.lease_until": LONG_AGO, f"{field}.gets": {}}, "$inc": WRITE},
        )

    def fetch(self) -> None:
        """A whole download by the library, compared."""
        api, target = self.world.impatient(), self.world.folder / uuid.uuid4().hex
        Downloader(api, self.link).fetch(api.offer(self.link).file(self.name), target)
        assert same(target, self.content)
        target.unlink()

    def has_exactly(self, times: int) -> None:
        """So many more whole downloads succeed, and one more is refused."""
        for _ in range(times):
            self.fetch()
        until(lambda: self.done == 3, "the sender sees three")
        problem = refused(self.begin)
        assert (problem.status, problem.slug) == (410, "downloads-exhausted")


def offered(world: World, content: bytes, readers: int = 1) -> list[Offered]:
    """An agent sends one file to some people outside, who need no approval."""
    agent = world.agent("dominique", signed_in=True)
    people = [world.outsider("sacha", signed_in=False) for _ in range(readers)]
    sent = world.send(agent, [one.address for one in people], {"f.bin": content})
    return [Offered(world, sent, one.address, world.link(one)) for one in people]


def offered_files(world: World, files: dict[str, bytes]) -> Offered:
    """An agent sends several files to somebody outside."""
    agent, reader = world.agent("dominique", signed_in=True), world.outsider("sacha", signed_in=False)
    sent = world.send(agent, [reader.address], files)
    return Offered(world, sent, reader.address, world.link(reader))


def new() -> str:
    """An id for one more download."""
    return str(uuid.uuid4())


@contextmanager
def slow(url: str, start: int = 0, stop: int | None = None) -> Iterator[Iterator[bytes]]:
    """A GET whose bytes come no faster than they are read, in pieces of 64 KiB."""
    headers = {"Range": f"bytes={start}-{stop - 1 if stop else ''}"} if start or stop else {}
    transport = httpx.HTTPTransport(socket_options=LITTLE)
    with (
        httpx.Client(transport=transport, timeout=PATIENCE_SECONDS) as http,
        http.stream("GET", url, headers=headers) as answer,
    ):
        if not answer.is_success:
            raise Reply.read(answer).refusal()
        yield answer.iter_raw(64 * 1024)


def take(pieces: Iterator[bytes], size: int) -> bytes:
    """At least so many bytes, or all there are."""
    found = bytearray()
    while len(found) < size and (piece := next(pieces, b"")):
        found += piece
    return bytes(found)


def rest(pieces: Iterator[bytes]) -> bytes:
    """Whatever still comes before the line ends, in whatever way."""
    found = bytearray()
    try:
        for piece in pieces:
            found += piece
    except httpx.TransportError:
        pass
    return bytes(found)


def same(path: Path, content: bytes) -> bool:
    """The file holds these bytes and no others."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest() == hashlib.sha256(content).digest()


def until_idle(world: World) -> None:
    """Wait until every response has ended and is booked."""
    until(lambda: not metric(world, "download", "download_running"), "no download is running")


def metric(world: World, part: str, name: str) -> float:
    """What a process says of itself to operators."""
    url = f"{world.stack.management_url(part)}/metrics"
    lines = world.http.get(url).raise_for_status().text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.split("{")[0].split()[0] == name)
