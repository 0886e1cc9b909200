"""Large files: parts through the gateway, compared with the same signed parts directly into the store."""

import hashlib
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import minio
from pymongo import MongoClient

from bench.http_connection import HttpConnection, InvalidMeasurement
from bench.part_file import PartFile
from bench.rows import TableRow, median
from bench.stage import Stage
from bench.usage import PeakMemory, UsageMeter, resident_bytes
from devstack.s3_client import s3_client
from services.kit.objects import ObjectStore

MEGABYTE = 1_000_000
TARGET = 0.90

Put = Callable[[HttpConnection, int, bytes], object]


def compare(stage: Stage, size_bytes: int, pairs: int) -> list[TableRow]:
    """Upload one and four parts at once, in turn through the gateway and directly; the median ratio counts."""
    part_file = PartFile(size_bytes)
    _through_gateway(stage, part_file, 4, verified=True)
    rows = []
    for parallel in (1, 4):
        ratios, through_gateway, directly, cpu = [], [], [], {}
        for _ in range(pairs):
            directly.append(_directly(stage, part_file, parallel))
            meter = UsageMeter(stage.pids())
            through_gateway.append(_through_gateway(stage, part_file, parallel))
            cpu = meter.read()[1]
            ratios.append(directly[-1] / through_gateway[-1])
        speed, straight = (size_bytes / MEGABYTE / median(taken) for taken in (through_gateway, directly))
        what = f"upload of {size_bytes / MEGABYTE:.0f} MB through the gateway, {parallel} at once"
        rows.append(
            TableRow(
                what,
                f"{speed:.0f} MB/s",
                f"{median(ratios):.2f} of {straight:.0f} MB/s straight into the store",
                f"≥ {TARGET:.2f}",
                median(ratios) >= TARGET,
            )
        )
        gib = size_bytes / 2**30
        told = ", ".join(
            f"{name} {seconds / gib:.1f}" for name, seconds in sorted(cpu.items(), key=lambda e: -e[1])[:5]
        )
        rows.append(TableRow("    processor seconds a GiB", f"{sum(cpu.values()) / gib:.1f} in all", told))
        stage.sweep_store()
    return rows


def memory(stage: Stage, uploads: int, size_bytes: int) -> list[TableRow]:
    """Measure the memory of the upload service during many concurrent uploads."""
    pid = stage.pids()["upload"][-1]
    part_file = PartFile(size_bytes)
    before = resident_bytes(pid)
    began = time.monotonic()
    with PeakMemory(pid) as peak, ThreadPoolExecutor(uploads) as pool:
        list(pool.map(lambda _: _through_gateway(stage, part_file, 1), range(uploads)))
    speed = uploads * size_bytes / MEGABYTE / (time.monotonic() - began)
    figures = " / ".join(f"{size / 2**20:.0f}" for size in (before, peak.size_bytes, resident_bytes(pid)))
    what = f"memory of the upload service before / during / after {uploads} uploads at once"
    return [TableRow(what, f"{figures} MiB", f"at {speed:.0f} MB/s in all")]


def _through_gateway(stage: Stage, part_file: PartFile, parallel: int, verified: bool = False) -> float:
    """Return the seconds for all parts through the gateway; then complete, optionally verify and delete the file."""
    connection = stage.connection()
    draft, file = str(uuid.uuid4()), str(uuid.uuid4())
    at = f"/api/upload/drafts/{draft}"
    connection.request("PUT", at, {})
    plan = connection.request("PUT", f"{at}/files/{file}", {"path": "mesure.bin", "size_bytes": part_file.size_bytes})

    def put(to: HttpConnection, number: int, part: bytes) -> None:
        address = f"{plan['parts_url']}/{number}/{part_file.sha256_of(part)}"
        to.put(address, part, {"X-Part-CRC32": part_file.crc32_of(part)})

    seconds = _timed(put, stage.connection, part_file, parallel)
    connection.request("POST", f"{at}/files/{file}/completion", {"sha256": part_file.sha256})
    if verified:
        _verify(stage, draft, part_file)
    connection.request("DELETE", at)
    connection.close()
    return seconds


def _verify(stage: Stage, draft: str, part_file: PartFile) -> None:
    """Read the object from the store and verify it: a fast wrong answer is not a result."""
    client: MongoClient[dict[str, Any]] = MongoClient(stage.stack.mongo_admin_url)
    with client:
        found: dict[str, Any] = client["upload"]["transfers"].find_one({"_id": draft}) or {}
    (key,) = [file["key"] for file in found["files"].values()]
    digest = hashlib.sha256()
    answer = s3_client(stage.stack.workspace, "upload").get_object(stage.stack.s3_bucket, key)
    for chunk in answer.stream(2**20):
        digest.update(chunk)
    answer.release_conn()
    if digest.hexdigest() != part_file.sha256:
        raise InvalidMeasurement("what is stored is not what was sent")


def _directly(stage: Stage, part_file: PartFile, parallel: int) -> float:
    """Return the seconds for the same parts, signed alike, directly into the store; then abort the upload."""
    stack = stage.stack
    store = ObjectStore(stack.s3_endpoint, stack.s3_region, stack.s3_bucket, stack.s3_access_key, stack.s3_secret_key)
    client: minio.Minio = s3_client(stack.workspace, "upload")
    key = f"bench/{uuid.uuid4().hex}"
    upload = client._create_multipart_upload(stack.s3_bucket, key, {})

    def put(to: HttpConnection, number: int, part: bytes) -> None:
        signed = store.sign_put(key, part_file.sha256_of(part), datetime.now(UTC), upload_id=upload, part=number)
        headers = {
            "Host": signed.host,
            "Authorization": signed.authorization,
            "X-Amz-Date": signed.date,
            "X-Amz-Content-Sha256": signed.sha256,
        }
        to.put(signed.path, part, headers)

    seconds = _timed(put, lambda: HttpConnection(stack.s3_endpoint), part_file, parallel)
    client._abort_multipart_upload(stack.s3_bucket, key, upload)
    return seconds


def _timed(put: Put, connect: Callable[[], HttpConnection], part_file: PartFile, parallel: int) -> float:
    """Return the seconds for all parts; each thread sends every n-th part over its own connection."""

    def work(first: int) -> None:
        connection = connect()
        for number in range(first, len(part_file.parts) + 1, parallel):
            put(connection, number, part_file.parts[number - 1])
        connection.close()

    began = time.monotonic()
    with ThreadPoolExecutor(parallel) as pool:
        list(pool.map(work, range(1, parallel + 1)))
    return time.monotonic() - began
