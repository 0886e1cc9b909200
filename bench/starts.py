"""How long until a part may go, or a download begins, at a steady rate; and what a running download holds in memory."""

import hashlib
import time
import uuid
from collections.abc import Iterator

from bench.cuts import PART_BYTES, Cuts
from bench.line import Line
from bench.openloop import Call, waited
from bench.rows import Row, quantile
from bench.stage import Stage
from bench.usage import Peak, calm, resident_bytes
from devstack.people import OFFER

PER_SECOND = 200
FILE_BYTES = 1_600_000_000
SMALL_BYTES = 600
RECIPIENTS, TIMES = 100, 3
RUNNING, RUNNING_BYTES = 16, 40_000_000
SETTLED_SECONDS = 3.0


def measure(stage: Stage, seconds: float) -> list[Row]:
    """Both latencies, then the memory."""
    count = int(PER_SECOND * seconds)
    parts = _waited(stage, _parts(stage, count), stage.stack.service_url("upload"))
    starts = _waited(stage, _starts(stage, count), stage.stack.gateway_url)
    return [
        _row("authorising a part, as the gateway asks", parts, "one read and one write in the database, one signature"),
        _row("starting a download, through the gateway", starts, "one conditional write in the database"),
        _memory(stage),
    ]


def _waited(stage: Stage, calls: Iterator[Call], url: str) -> list[float]:
    """Asked when all that had to be there before is there, and everybody has heard of it."""
    ready = list(calls)
    calm(stage.pids())
    return waited(ready, PER_SECOND, lambda: Line(url))


def _row(what: str, took: list[float], limit: str) -> Row:
    middle, most = quantile(took, 0.5) * 1000, quantile(took, 0.99) * 1000
    return Row(f"{what}, {PER_SECOND} a second, {len(took)} in all", f"p50 {middle:.1f} ms, p99 {most:.1f} ms", limit)


def _parts(stage: Stage, count: int) -> Iterator[Call]:
    """A question for each part of large files that are announced and never come."""
    each = FILE_BYTES // PART_BYTES
    line = stage.line()
    for number in range(count):
        if number % each == 0:
            at = f"/api/upload/drafts/{uuid.uuid4()}"
            line.ask("PUT", at, {})
            announced = {"path": "mesure.bin", "size_bytes": FILE_BYTES}
            url = line.ask("PUT", f"{at}/files/{uuid.uuid4()}", announced)["parts_url"]
        digest = hashlib.sha256(str(number).encode()).hexdigest()
        yield _asking(
            {
                "X-Original-URI": f"{url}/{number % each + 1}/{digest}",
                "X-Original-Method": "PUT",
                "X-Part-Length": str(PART_BYTES),
                "X-Part-CRC32": "00000000",
            }
        )
    line.close()


def _asking(headers: dict[str, str]) -> Call:
    return lambda line: line.send("GET", "/internal/part-authorization", None, headers)


def _starts(stage: Stage, count: int) -> Iterator[Call]:
    """Each recipient begins as often as they may, one link after the other."""
    transfers = -(-count // (RECIPIENTS * TIMES))
    links = [link for _ in range(transfers) for link in _links(stage, Cuts(SMALL_BYTES), RECIPIENTS)]
    for number in range(count):
        yield _beginning(*links[number % len(links)])


def _beginning(link: str, file: str) -> Call:
    return lambda line: line.ask("PUT", f"{link}/files/{file}/downloads/{uuid.uuid4()}", {})


def _links(stage: Stage, cuts: Cuts, recipients: int) -> list[tuple[str, str]]:
    """One file to many: the address of each one's link, and the file."""
    line, draft, file = stage.line(), str(uuid.uuid4()), str(uuid.uuid4())
    at = f"/api/upload/drafts/{draft}"
    addresses = [f"r{draft[:8]}{number}@ville.example" for number in range(recipients)]
    line.ask("PUT", at, {})
    line.ask("PATCH", at, {"to": addresses, "subject": "Mesure", "text": "Bonjour"})
    plan = line.ask("PUT", f"{at}/files/{file}", {"path": "mesure.bin", "size_bytes": cuts.size_bytes})
    for number, part in enumerate(cuts.parts, 1):
        line.put(f"{plan['parts_url']}/{number}/{cuts.sha256_of(part)}", part, {"X-Part-CRC32": cuts.crc32_of(part)})
    line.ask("POST", f"{at}/files/{file}/completion", {"sha256": cuts.sha256})
    line.ask("POST", f"{at}/submission")
    line.close()
    letters = [stage.sink.first(address, 120)[1] for address in addresses]
    return [(f"/api/download/links/{letter.token(OFFER)}", file) for letter in letters]


def _memory(stage: Stage) -> Row:
    """Many have begun and take no more: each holds what it may hold."""
    line, files_url = stage.line(), stage.stack.files_url
    links = _links(stage, Cuts(RUNNING_BYTES), -(-RUNNING // TIMES))
    before = resident_bytes(pid := stage.pids()["download"][-1])
    running = [Line(files_url) for _ in range(RUNNING)]
    with Peak(pid) as peak:
        for number, reader in enumerate(running):
            link, file = links[number % len(links)]
            granted = line.ask("PUT", f"{link}/files/{file}/downloads/{uuid.uuid4()}", {})
            reader.begin(granted["url"].removeprefix(files_url))
        time.sleep(SETTLED_SECONDS)
    for reader in running:
        reader.close()
    line.close()
    each = (peak.size_bytes - before) / RUNNING / 2**20
    what = (
        f"memory of a running download of {RUNNING_BYTES / 1e6:.0f} MB, {RUNNING} at once with readers that stand still"
    )
    return Row(what, f"{each:.1f} MiB each", "two parts of 8 MiB each; all together at most PARTS_IN_MEMORY_MIB")
