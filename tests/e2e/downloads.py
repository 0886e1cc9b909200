"""Downloads without the client library: slowly, in ranges, and with access to the stored state of the link."""

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

from client.download import Downloader
from client.response import ApiResponse
from client.schemas.download import LinkSchema
from tests.e2e.scenario import WRITE, Scenario, SentTransfer, refused
from tests.eventually import TIMEOUT_SECONDS, until

MIB = 1024 * 1024
LITTLE = [(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)]  # unread bytes stay with the sender
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def _largest_buffer(direction: str) -> int:
    """Return the kernel's largest buffer for one end of a connection, in bytes."""
    return int(Path(f"/proc/sys/net/ipv4/tcp_{direction}mem").read_text(encoding="ascii").split()[-1])


# Unread bytes fill the service's send buffer, nginx's receive buffer and nginx's own ones (deploy/gateway/README.md).
# A larger download cannot end before its client has read something.
ON_THE_WAY = _largest_buffer("w") + _largest_buffer("r") + MIB


@dataclass(frozen=True)
class DownloadableFile:
    """One file that was sent to one recipient, with their link."""

    scenario: Scenario
    sent: SentTransfer
    address: str
    link: str

    @property
    def file(self) -> str:
        return self.sent.recap.files[0].file

    @property
    def name(self) -> str:
        return self.sent.recap.files[0].path

    @property
    def content(self) -> bytes:
        return self.sent.files[self.name]

    def begin(self, download: str | None = None) -> str:
        """Start a download; return the address of its bytes."""
        return self.scenario.api_without_retries().start_download(self.link, self.file, download or new()).url

    @property
    def offer(self) -> LinkSchema:
        """What the link's page shows."""
        return self.scenario.api_without_retries().offer(self.link)

    @property
    def left(self) -> int:
        """The remaining downloads, as the page shows them."""
        return self.offer.file(self.name).left

    @property
    def done(self) -> int:
        """The complete downloads, as the sender sees them."""
        return self.done_each[0]

    @property
    def done_each(self) -> list[int]:
        """The complete downloads of each file."""
        recipients = self.sent.sender.api.tracking(self.sent.transfer).recipients
        mine = next(one for one in recipients if one.address == self.address)
        return [file.done for file in mine.files]

    def recorded_downloads(self) -> list[dict[str, Any]]:
        """Return every recorded download, as the database has it."""
        links = self.scenario.database("download")["links"]
        link = links.find_one({"transfer": self.sent.transfer, "recipient.address": self.address})
        assert link is not None
        quota = link["quotas"].get(self.file, {"downloads": {}})
        return list(quota["downloads"].values())

    def end_lease(self, download: str) -> None:
        """Expire the lease and the reservations of a download whose connection is closed."""
        field = f"quotas.{self.file}.downloads.{download}"
        links = self.scenario.database("download")["links"]
        links.update_one(
            {"transfer": self.sent.transfer, "recipient.address": self.address},
            {"$set": {f"{field}.lease_until": LONG_AGO, f"{field}.gets": {}}, "$inc": WRITE},
        )

    def fetch(self) -> None:
        """Download the file with the client library and compare it."""
        api, target = self.scenario.api_without_retries(), self.scenario.folder / uuid.uuid4().hex
        Downloader(api, self.link).fetch(api.offer(self.link).file(self.name), target)
        assert same(target, self.content)
        target.unlink()

    def allows_exactly(self, times: int) -> None:
        """Assert that so many more complete downloads succeed, and one more is refused."""
        for _ in range(times):
            self.fetch()
        until(lambda: self.done == 3, "the sender sees three")
        problem = refused(self.begin)
        assert (problem.status, problem.slug) == (410, "downloads-exhausted")


def offered(scenario: Scenario, content: bytes, readers: int = 1) -> list[DownloadableFile]:
    """Let an agent send one file to external recipients, without an approval."""
    agent = scenario.agent("dominique", signed_in=True)
    people = [scenario.external("sacha", signed_in=False) for _ in range(readers)]
    sent = scenario.send(agent, [one.address for one in people], {"f.bin": content})
    return [DownloadableFile(scenario, sent, one.address, scenario.link(one)) for one in people]


def offered_files(scenario: Scenario, files: dict[str, bytes]) -> DownloadableFile:
    """Let an agent send several files to an external recipient."""
    agent, reader = scenario.agent("dominique", signed_in=True), scenario.external("sacha", signed_in=False)
    sent = scenario.send(agent, [reader.address], files)
    return DownloadableFile(scenario, sent, reader.address, scenario.link(reader))


def new() -> str:
    """Return a new download id."""
    return str(uuid.uuid4())


@contextmanager
def slow(url: str, start: int = 0, stop: int | None = None) -> Iterator[Iterator[bytes]]:
    """Yield the chunks of a GET, 64 KiB each, which arrive no faster than they are read."""
    headers = {"Range": f"bytes={start}-{stop - 1 if stop else ''}"} if start or stop else {}
    transport = httpx.HTTPTransport(socket_options=LITTLE)
    with (
        httpx.Client(transport=transport, timeout=TIMEOUT_SECONDS) as http,
        http.stream("GET", url, headers=headers) as answer,
    ):
        if not answer.is_success:
            raise ApiResponse.read(answer).to_problem()
        yield answer.iter_raw(64 * 1024)


def take(chunks: Iterator[bytes], size: int) -> bytes:
    """Read at least so many bytes, or all."""
    found = bytearray()
    while len(found) < size and (chunk := next(chunks, b"")):
        found += chunk
    return bytes(found)


def rest(chunks: Iterator[bytes]) -> bytes:
    """Read until the connection ends or breaks."""
    found = bytearray()
    try:
        for chunk in chunks:
            found += chunk
    except httpx.TransportError:
        pass
    return bytes(found)


def same(path: Path, content: bytes) -> bool:
    """Return whether the file holds exactly these bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest() == hashlib.sha256(content).digest()


def until_idle(scenario: Scenario) -> None:
    """Wait until every response has ended and is recorded."""
    until(lambda: not metric(scenario, "download", "download_running"), "no download is running")


def metric(scenario: Scenario, component: str, name: str) -> float:
    """Return the sum of a metric of one process."""
    url = f"{scenario.stack.management_url(component)}/metrics"
    lines = scenario.http.get(url).raise_for_status().text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.split("{")[0].split()[0] == name)
