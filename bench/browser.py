"""Uploads a large file from a page and from the command line in turn, through the same gateway into the same store."""

import hashlib
import os
import random
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page

from bench.comparison import limit
from bench.http_connection import InvalidMeasurement
from bench.rows import TableRow, median
from bench.stage import Stage
from bench.throttle_proxy import ThrottleProxy
from bench.usage import PeakMemory, UsageMeter, wait_until_idle
from bench.visitor import BrowserVisitor

MEGABYTE, MIB = 1_000_000, 2**20
TARGET = 0.80
LIMITED, LIMIT_BYTES_PER_SECOND = "over a connection of 200 Mbit/s", 25 * MEGABYTE
MAX_GROWTH = 1.15
SAMPLE_MS = 100
TIMEOUT_SECONDS = 600


class UploadResult(NamedTuple):
    """One upload of the file: its duration, and the processor seconds by process."""

    seconds: float
    used: dict[str, float]


class TabMemory(NamedTuple):
    """Samples of the tab's memory during an upload, in bytes: of its process and of its script heap."""

    resident: list[int]
    heap: list[int]


def measure(stage: Stage, size_bytes: int, pairs: int) -> list[TableRow]:
    """Measure speed, processor time and memory."""
    gateway, rows = stage.stack.gateway_url, []
    file = _file(stage.stack.workspace.root / "browser.bin", size_bytes)
    with (
        BrowserVisitor(stage, f"fichier.{uuid.uuid4().hex[:8]}@ministere.example") as visitor,
        ThrottleProxy(gateway, LIMIT_BYTES_PER_SECOND) as proxy,
    ):
        for url, what in ((proxy.url, LIMITED), (gateway, "on this machine")):
            by_page, by_command_line, held = [], [], []
            for _ in range(pairs):
                by_command_line.append(_by_command_line(stage, visitor, url, file))
                moved, memory = _by_page(stage, visitor, url, file)
                by_page.append(moved)
                held.append(memory)
            rows += [*_speeds(what, size_bytes, by_page, by_command_line), _memory(held)]
    file.unlink()
    return rows


def _file(path: Path, size_bytes: int) -> Path:
    """Write incompressible bytes; no two parts of the file are equal."""
    noise = random.Random(1)  # noqa: S311 - nothing secret
    with path.open("wb") as out:
        for _ in range(-(-size_bytes // MIB)):
            out.write(noise.randbytes(MIB))
        out.truncate(size_bytes)
    return path


def _by_command_line(stage: Stage, visitor: BrowserVisitor, url: str, file: Path) -> UploadResult:
    draft = str(uuid.uuid4())
    command = [sys.executable, "-m", "bench.upload_process", url, draft, str(file)]
    meter = UsageMeter(stage.pids())
    before = os.times()
    told = subprocess.run(  # noqa: S603
        command, input=visitor.token, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=True
    )
    used, after = meter.read()[1], os.times()
    used["(client)"] = after.children_user + after.children_system - before.children_user - before.children_system
    _settle(stage, visitor, draft, file)
    return UploadResult(float(told.stdout), used)


def _by_page(stage: Stage, visitor: BrowserVisitor, url: str, file: Path) -> tuple[UploadResult, TabMemory]:
    """Measure from choosing the file until the page shows it as complete."""
    draft = str(uuid.uuid4())
    connection = stage.connection(visitor.token)
    connection.request("PUT", f"/api/upload/drafts/{draft}", {})
    connection.close()
    page = visitor.page_at(url, f"/drafts/{draft}")
    page.locator('[data-island="uploader"][data-ready="yes"]').wait_for()
    pids = visitor.pids()
    meter = UsageMeter(stage.pids() | {"(browser)": pids["browser"]})
    with PeakMemory(*pids["renderer"]) as peak:
        began = time.monotonic()
        heap = _send(page, file)
        seconds = time.monotonic() - began
    used = meter.read()[1]
    used.pop("(client)")
    page.close()
    _settle(stage, visitor, draft, file)
    return UploadResult(seconds, used), TabMemory(peak.course, heap)


def _send(page: Page, file: Path) -> list[int]:
    """Choose the file and wait for its completion; return samples of the heap of the page's scripts."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    heap: list[int] = []
    deadline = time.monotonic() + TIMEOUT_SECONDS
    with page.expect_file_chooser() as chooser:
        page.locator('[data-choose="files"]').click()
    chooser.value.set_files(file)
    row = page.locator(".file")
    while (state := row.get_attribute("data-state")) != "complete":
        if state in ("failed", "wanted") or time.monotonic() > deadline:
            raise InvalidMeasurement(f"the page says of its file: {row.inner_text()}")
        told = session.send("Performance.getMetrics")["metrics"]
        heap += [int(one["value"]) for one in told if one["name"] == "JSHeapUsedSize"]
        page.wait_for_timeout(SAMPLE_MS)
    return heap


def _settle(stage: Stage, visitor: BrowserVisitor, draft: str, file: Path) -> None:
    """Verify the uploaded file, remove it, and wait until the servers are idle."""
    with file.open("rb") as content:
        expected = hashlib.file_digest(content, "sha256").hexdigest()
    connection = stage.connection(visitor.token)
    found = connection.request("GET", f"/api/upload/drafts/{draft}")["files"]
    if [(one["state"], one["sha256"]) for one in found] != [("complete", expected)]:
        raise InvalidMeasurement(f"what arrived is not what was sent: {found}")
    connection.request("DELETE", f"/api/upload/drafts/{draft}")
    connection.close()
    stage.sweep_store()
    wait_until_idle(stage.pids())


def _speeds(
    what: str, size_bytes: int, by_page: list[UploadResult], by_command_line: list[UploadResult]
) -> list[TableRow]:
    ratios = [theirs.seconds / ours.seconds for ours, theirs in zip(by_page, by_command_line, strict=True)]
    ours, theirs = (size_bytes / MEGABYTE / median([one.seconds for one in all]) for all in (by_page, by_command_line))
    return [
        TableRow(
            f"upload of {size_bytes / MEGABYTE:.0f} MB by the page, {what}",
            f"{ours:.0f} MB/s",
            f"{median(ratios):.2f} of {theirs:.0f} MB/s by the command line",
            f"≥ {TARGET:.2f}",
            median(ratios) >= TARGET,
        ),
        TableRow("    processor seconds a GiB, by the page; who was busy", *_costs(size_bytes, by_page[-1])),
        TableRow("    processor seconds a GiB, by the command line", *_costs(size_bytes, by_command_line[-1])),
    ]


def _costs(size_bytes: int, moved: UploadResult) -> tuple[str, str]:
    each = {name: seconds * 2**30 / size_bytes for name, seconds in moved.used.items()}
    busy = limit({name: seconds / moved.seconds for name, seconds in moved.used.items()})
    dearest = sorted(each.items(), key=lambda one: -one[1])[:4]
    costs = ", ".join(f"{name} {seconds:.1f}" for name, seconds in dearest)
    return f"{sum(each.values()):.1f} in all", f"{costs}; {busy}"


def _memory(held: list[TabMemory]) -> TableRow:
    growths = [growth(one.resident) for one in held]
    most = max(max(one.resident) for one in held) / MIB
    heaps = [max(one.heap, default=0) / MIB for one in held]
    return TableRow(
        "    memory of the tab: the most in its last third, of the most in its first",
        f"{median(growths):.2f}",
        f"{most:.0f} MiB at the most; its scripts' heap {max(heaps):.1f} MiB",
        f"≤ {MAX_GROWTH}",
        median(growths) <= MAX_GROWTH,
    )


def growth(course: list[int]) -> float:
    """Return the peak of the last third of the samples, divided by that of the first third."""
    third = max(1, len(course) // 3)
    return max(course[-third:]) / max(1, *course[:third])
