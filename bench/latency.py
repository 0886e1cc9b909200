"""Latency of authorising a part and of starting a download at a steady rate; memory of a running download."""

import hashlib
import time
import uuid
from collections.abc import Iterator

from bench.http_connection import HttpConnection
from bench.open_loop import Call, response_times
from bench.part_file import PART_BYTES, PartFile
from bench.rows import TableRow, quantile
from bench.stage import Stage
from bench.usage import PeakMemory, resident_bytes, wait_until_idle
from devstack.people import OFFER

PER_SECOND = 200
FILE_BYTES = 1_600_000_000
SMALL_BYTES = 600
RECIPIENTS, TIMES = 100, 3
RUNNING, RUNNING_BYTES = 16, 40_000_000
SETTLED_SECONDS = 3.0


def measure(stage: Stage, seconds: float) -> list[TableRow]:
    """Measure both latencies, then the memory."""
    count = int(PER_SECOND * seconds)
    parts = _waited(stage, _parts(stage, count), stage.stack.service_url("upload"))
    starts = _waited(stage, _starts(stage, count), stage.stack.gateway_url)
    return [
        _row("authorising a part, as the gateway asks", parts, "one read and one write in the database, one signature"),
        _row("starting a download, through the gateway", starts, "one conditional write in the database"),
        _memory(stage),
    ]


def _waited(stage: Stage, calls: Iterator[Call], url: str) -> list[float]:
    """Prepare all calls, wait until the services are idle, then make the calls at the steady rate."""
    ready = list(calls)
    wait_until_idle(stage.pids())
    return response_times(ready, PER_SECOND, lambda: HttpConnection(url))


def _row(what: str, took: list[float], limit: str) -> TableRow:
    middle, most = quantile(took, 0.5) * 1000, quantile(took, 0.99) * 1000
    return TableRow(
        f"{what}, {PER_SECOND} a second, {len(took)} in all", f"p50 {middle:.1f} ms, p99 {most:.1f} ms", limit
    )


def _parts(stage: Stage, count: int) -> Iterator[Call]:
    """Yield one authorisation request for each part of large files that are announced and never sent."""
    each = FILE_BYTES // PART_BYTES
    connection = stage.connection()
    for number in range(count):
        if number % each == 0:
            at = f"/api/upload/drafts/{uuid.uuid4()}"
            connection.request("PUT", at, {})
            announced = {"path": "mesure.bin", "size_bytes": FILE_BYTES}
            url = connection.request("PUT", f"{at}/files/{uuid.uuid4()}", announced)["parts_url"]
        digest = hashlib.sha256(str(number).encode()).hexdigest()
        yield _authorisation_call(
            {
                "X-Original-URI": f"{url}/{number % each + 1}/{digest}",
                "X-Original-Method": "PUT",
                "X-Part-Length": str(PART_BYTES),
                "X-Part-CRC32": "00000000",
            }
        )
    connection.close()


def _authorisation_call(headers: dict[str, str]) -> Call:
    return lambda connection: connection.send("GET", "/internal/part-authorization", None, headers)


def _starts(stage: Stage, count: int) -> Iterator[Call]:
    """Yield the start of a download for each link, as often as the link allows."""
    transfers = -(-count // (RECIPIENTS * TIMES))
    links = [link for _ in range(transfers) for link in _links(stage, PartFile(SMALL_BYTES), RECIPIENTS)]
    for number in range(count):
        yield _start_call(*links[number % len(links)])


def _start_call(link: str, file: str) -> Call:
    return lambda connection: connection.request("PUT", f"{link}/files/{file}/downloads/{uuid.uuid4()}", {})


def _links(stage: Stage, part_file: PartFile, recipients: int) -> list[tuple[str, str]]:
    """Send one file to many recipients; return the path of each recipient's link, and the file's id."""
    connection, draft, file = stage.connection(), str(uuid.uuid4()), str(uuid.uuid4())
    at = f"/api/upload/drafts/{draft}"
    addresses = [f"r{draft[:8]}{number}@ville.example" for number in range(recipients)]
    connection.request("PUT", at, {})
    connection.request("PATCH", at, {"to": addresses, "subject": "Mesure", "text": "Bonjour"})
    plan = connection.request("PUT", f"{at}/files/{file}", {"path": "mesure.bin", "size_bytes": part_file.size_bytes})
    for number, part in enumerate(part_file.parts, 1):
        connection.put(
            f"{plan['parts_url']}/{number}/{part_file.sha256_of(part)}",
            part,
            {"X-Part-CRC32": part_file.crc32_of(part)},
        )
    connection.request("POST", f"{at}/files/{file}/completion", {"sha256": part_file.sha256})
    connection.request("POST", f"{at}/submission")
    connection.close()
    letters = [stage.sink.first(address, 120)[1] for address in addresses]
    return [(f"/api/download/links/{letter.token(OFFER)}", file) for letter in letters]


def _memory(stage: Stage) -> TableRow:
    """Measure the memory of downloads whose readers have stopped reading."""
    connection, files_url = stage.connection(), stage.stack.files_url
    links = _links(stage, PartFile(RUNNING_BYTES), -(-RUNNING // TIMES))
    before = resident_bytes(pid := stage.pids()["download"][-1])
    running = [HttpConnection(files_url) for _ in range(RUNNING)]
    with PeakMemory(pid) as peak:
        for number, reader in enumerate(running):
            link, file = links[number % len(links)]
            granted = connection.request("PUT", f"{link}/files/{file}/downloads/{uuid.uuid4()}", {})
            reader.begin(granted["url"].removeprefix(files_url))
        time.sleep(SETTLED_SECONDS)
    for reader in running:
        reader.close()
    connection.close()
    each = (peak.size_bytes - before) / RUNNING / 2**20
    what = (
        f"memory of a running download of {RUNNING_BYTES / 1e6:.0f} MB, {RUNNING} at once with readers that stand still"
    )
    return TableRow(what, f"{each:.1f} MiB each", "two parts of 8 MiB each; all together at most PARTS_IN_MEMORY_MIB")
