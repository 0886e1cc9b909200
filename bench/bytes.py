"""Large files: parts through the gateway against the same signed parts straight into the store."""

import hashlib
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import minio
from pymongo import MongoClient

from bench.cuts import Cuts
from bench.line import Line, Unexpected
from bench.rows import Row, median
from bench.stage import Stage
from bench.usage import Clock, Peak, resident_bytes
from devstack.s3_client import s3_client
from services.kit.objects import ObjectStore

MEGABYTE = 1_000_000
AIM = 0.90

Put = Callable[[Line, int, bytes], object]


def compare(stage: Stage, size_bytes: int, pairs: int) -> list[Row]:
    """One and four parts at once; ours and the store's alternate, and the middle of the ratios counts."""
    cuts = Cuts(size_bytes)
    _ours(stage, cuts, 4, verified=True)
    rows = []
    for parallel in (1, 4):
        ratios, ours, theirs, cpu = [], [], [], {}
        for _ in range(pairs):
            theirs.append(_theirs(stage, cuts, parallel))
            clock = Clock(stage.pids())
            ours.append(_ours(stage, cuts, parallel))
            cpu = clock.read()[1]
            ratios.append(theirs[-1] / ours[-1])
        speed, straight = (size_bytes / MEGABYTE / median(taken) for taken in (ours, theirs))
        what = f"upload of {size_bytes / MEGABYTE:.0f} MB through the gateway, {parallel} at once"
        rows.append(
            Row(
                what,
                f"{speed:.0f} MB/s",
                f"{median(ratios):.2f} of {straight:.0f} MB/s straight into the store",
                f"≥ {AIM:.2f}",
                median(ratios) >= AIM,
            )
        )
        gib = size_bytes / 2**30
        told = ", ".join(
            f"{name} {seconds / gib:.1f}" for name, seconds in sorted(cpu.items(), key=lambda e: -e[1])[:5]
        )
        rows.append(Row("    processor seconds a GiB", f"{sum(cpu.values()) / gib:.1f} in all", told))
        stage.sweep_store()
    return rows


def memory(stage: Stage, uploads: int, size_bytes: int) -> list[Row]:
    """What the upload service holds in memory while many upload at once."""
    pid = stage.pids()["upload"][-1]
    cuts = Cuts(size_bytes)
    before = resident_bytes(pid)
    began = time.monotonic()
    with Peak(pid) as peak, ThreadPoolExecutor(uploads) as pool:
        list(pool.map(lambda _: _ours(stage, cuts, 1), range(uploads)))
    speed = uploads * size_bytes / MEGABYTE / (time.monotonic() - began)
    figures = " / ".join(f"{size / 2**20:.0f}" for size in (before, peak.size_bytes, resident_bytes(pid)))
    what = f"memory of the upload service before / during / after {uploads} uploads at once"
    return [Row(what, f"{figures} MiB", f"at {speed:.0f} MB/s in all")]


def _ours(stage: Stage, cuts: Cuts, parallel: int, verified: bool = False) -> float:
    """Seconds for all parts through the public door; then the file is completed, maybe read back, and dropped."""
    line = stage.line()
    draft, file = str(uuid.uuid4()), str(uuid.uuid4())
    at = f"/api/upload/drafts/{draft}"
    line.ask("PUT", at, {})
    plan = line.ask("PUT", f"{at}/files/{file}", {"path": "mesure.bin", "size_bytes": cuts.size_bytes})

    def put(to: Line, number: int, part: bytes) -> None:
        address = f"{plan['parts_url']}/{number}/{cuts.sha256_of(part)}"
        to.put(address, part, {"X-Part-CRC32": cuts.crc32_of(part)})

    seconds = _timed(put, stage.line, cuts, parallel)
    line.ask("POST", f"{at}/files/{file}/completion", {"sha256": cuts.sha256})
    if verified:
        _verify(stage, draft, cuts)
    line.ask("DELETE", at)
    line.close()
    return seconds


def _verify(stage: Stage, draft: str, cuts: Cuts) -> None:
    """Reads the object back from the store: a fast wrong answer is not a result."""
    client: MongoClient[dict[str, Any]] = MongoClient(stage.stack.mongo_admin_url)
    with client:
        found: dict[str, Any] = client["upload"]["transfers"].find_one({"_id": draft}) or {}
    (key,) = [file["key"] for file in found["files"].values()]
    digest = hashlib.sha256()
    answer = s3_client(stage.stack.workspace, "upload").get_object(stage.stack.s3_bucket, key)
    for piece in answer.stream(2**20):
        digest.update(piece)
    answer.release_conn()
    if digest.hexdigest() != cuts.sha256:
        raise Unexpected("what is stored is not what was sent")


def _theirs(stage: Stage, cuts: Cuts, parallel: int) -> float:
    """Seconds for the same parts with the same kind of signature, without us; completed, verified and removed."""
    stack = stage.stack
    store = ObjectStore(stack.s3_endpoint, stack.s3_region, stack.s3_bucket, stack.s3_access_key, stack.s3_secret_key)
    client: minio.Minio = s3_client(stack.workspace, "upload")
    key = f"bench/{uuid.uuid4().hex}"
    upload = client._create_multipart_upload(stack.s3_bucket, key, {})

    def put(to: Line, number: int, part: bytes) -> None:
        signed = store.sign_put(key, cuts.sha256_of(part), datetime.now(UTC), upload_id=upload, part=number)
        headers = {
            "Host": signed.host,
            "Authorization": signed.authorization,
            "X-Amz-Date": signed.date,
            "X-Amz-Content-Sha256": signed.sha256,
        }
        to.put(signed.path, part, headers)

    seconds = _timed(put, lambda: Line(stack.s3_endpoint), cuts, parallel)
    client._abort_multipart_upload(stack.s3_bucket, key, upload)
    return seconds


def _timed(put: Put, connect: Callable[[], Line], cuts: Cuts, parallel: int) -> float:
    """Each thread takes every so many-th part, over a connection of its own."""

    def work(first: int) -> None:
        line = connect()
        for number in range(first, len(cuts.parts) + 1, parallel):
            put(line, number, cuts.parts[number - 1])
        line.close()

    began = time.monotonic()
    with ThreadPoolExecutor(parallel) as pool:
        list(pool.map(work, range(1, parallel + 1)))
    return time.monotonic() - began
