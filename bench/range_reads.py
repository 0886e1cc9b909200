"""Compares how the services read ranges of objects with urllib3, on a server in memory over the loopback interface."""

import hashlib
import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from urllib.parse import urlsplit

import urllib3

from bench.http_connection import InvalidMeasurement
from bench.rows import TableRow, median
from services.kit.http_pool import CHUNK_BYTES, ConnectionPool, RangeReader

MIB = 2**20
PART_BYTES = 8 * MIB
CONTENT = bytes(range(256)) * (PART_BYTES // 256)
EXPECTED = hashlib.sha256(CONTENT).hexdigest()
WORTH_ITS_CODE = 1.1
"""Below this ratio, urllib3 should replace ours (ADR 28)."""

Digests = Iterator[str]


def measure(size_bytes: int, rounds: int) -> list[TableRow]:
    """Read parts of 8 MiB into a buffer and digest them, with each reader in each round; the first only warms up."""
    parts = max(1, size_bytes // PART_BYTES)
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in READERS}
    with _served(parts) as url:
        for _ in range(rounds + 1):
            for name, read in READERS.items():
                seconds[name].append(_timed(read, url, parts))
    gib = parts * PART_BYTES / 2**30
    rows = []
    for name, all_rounds in seconds.items():
        walls, cpus = zip(*all_rounds[1:], strict=True)
        ratio = median([theirs / ours for (_, theirs), (_, ours) in zip(all_rounds, seconds["ours"], strict=True)][1:])
        speed = parts * PART_BYTES / 1e6 / median(list(walls))
        figure = f"{median(list(cpus)) / gib:.2f} s of processor a GiB, {speed:.0f} MB/s"
        target = (f"≥ {WORTH_ITS_CODE}", ratio >= WORTH_ITS_CODE) if name == "urllib3" else ()
        against = f"{ratio:.2f} of the processor time of ours"
        rows.append(TableRow(f"ranges read and digested: {name}", figure, against, *target))
    return rows


def _timed(read: Callable[[str, int], Digests], url: str, parts: int) -> tuple[float, float]:
    began, worked = time.monotonic(), time.process_time()
    digests = list(read(url, parts))
    taken = time.monotonic() - began, time.process_time() - worked
    if digests != [EXPECTED] * parts:
        raise InvalidMeasurement("what was read is not what was served")
    return taken


def _with_ours(url: str, parts: int) -> Digests:
    address, stop = urlsplit(url), parts * PART_BYTES
    pool, into = ConnectionPool(address), memoryview(bytearray(PART_BYTES))
    reader = RangeReader(pool, address.path, lambda at: {"Range": f"bytes={at}-{stop - 1}"}, 0, stop)
    for _ in range(parts):
        yield reader.read_into(into)
    reader.close()
    pool.close()


def _with_urllib3(url: str, parts: int) -> Digests:
    into = memoryview(bytearray(PART_BYTES))
    with urllib3.PoolManager() as pool:
        headers = {"Range": f"bytes=0-{parts * PART_BYTES - 1}"}
        response = pool.request("GET", url, headers=headers, preload_content=False, retries=False)
        for _ in range(parts):
            digest, at = hashlib.sha256(), 0
            while at < PART_BYTES and (taken := response.readinto(into[at : at + CHUNK_BYTES])):
                digest.update(into[at : at + taken])
                at += taken
            yield digest.hexdigest()
        response.release_conn()


def _digest_only(_url: str, parts: int) -> Digests:
    for _ in range(parts):
        yield hashlib.sha256(CONTENT).hexdigest()


READERS: dict[str, Callable[[str, int], Digests]] = {
    "ours": _with_ours,
    "urllib3": _with_urllib3,
    "the digest alone": _digest_only,
}


class _Handler(BaseHTTPRequestHandler):
    """Answers every request with so many parts."""

    protocol_version = "HTTP/1.1"
    parts = 0

    def do_GET(self) -> None:
        self.send_response(206)
        self.send_header("Content-Length", str(self.parts * PART_BYTES))
        self.end_headers()
        for _ in range(self.parts):
            self.wfile.write(CONTENT)

    def log_message(self, format: str, *words: object) -> None:
        """Print nothing."""


@contextmanager
def _served(parts: int) -> Iterator[str]:
    """Serve in another process, whose processor time does not count."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(parts, theirs), daemon=True)
    server.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}/object"
    finally:
        server.terminate()
        server.join()


def _serve(parts: int, port: Connection) -> None:
    _Handler.parts = parts
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    port.send(server.server_port)
    server.serve_forever()
