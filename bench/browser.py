"""A large file leaves from a page, and from the command line: by turns, through the same door into the same store."""

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

from bench.beside import limit
from bench.line import Unexpected
from bench.narrow import Narrow
from bench.rows import Row, median
from bench.stage import Stage
from bench.usage import Clock, Peak, calm
from bench.visitor import Visitor

MEGABYTE, MIB = 1_000_000, 2**20
AIM = 0.80
LINE, LINE_BYTES_A_SECOND = "over a line of 200 Mbit/s", 25 * MEGABYTE
MOST_GROWTH = 1.15
LOOK_MS = 100
PATIENCE_SECONDS = 600


class Moved(NamedTuple):
    """One way of one file: how long it took, and processor seconds by who used them."""

    seconds: float
    used: dict[str, float]


class Held(NamedTuple):
    """What the tab held meanwhile, in bytes: its process now and again, and the heap of the page's scripts."""

    resident: list[int]
    heap: list[int]


def measure(stage: Stage, size_bytes: int, pairs: int) -> list[Row]:
    """Speed, processor, memory."""
    gateway, rows = stage.stack.gateway_url, []
    file = _file(stage.stack.workspace.root / "browser.bin", size_bytes)
    with (
        Visitor(stage, f"fichier.{uuid.uuid4().hex[:8]}@ministere.example") as visitor,
        Narrow(gateway, LINE_BYTES_A_SECOND) as narrow,
    ):
        for url, what in ((narrow.url, LINE), (gateway, "on this machine")):
            page, line, held = [], [], []
            for _ in range(pairs):
                line.append(_by_command_line(stage, visitor, url, file))
                moved, memory = _by_page(stage, visitor, url, file)
                page.append(moved)
                held.append(memory)
            rows += [*_speeds(what, size_bytes, page, line), _memory(held)]
    file.unlink()
    return rows


def _file(path: Path, size_bytes: int) -> Path:
    """Bytes that do not compress, and no two parts of them alike."""
    noise = random.Random(1)  # noqa: S311 - nothing secret
    with path.open("wb") as out:
        for _ in range(-(-size_bytes // MIB)):
            out.write(noise.randbytes(MIB))
        out.truncate(size_bytes)
    return path


def _by_command_line(stage: Stage, visitor: Visitor, url: str, file: Path) -> Moved:
    draft = str(uuid.uuid4())
    command = [sys.executable, "-m", "bench.bring", url, draft, str(file)]
    clock = Clock(stage.pids())
    before = os.times()
    told = subprocess.run(  # noqa: S603
        command, input=visitor.token, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=True
    )
    used, after = clock.read()[1], os.times()
    used["(client)"] = after.children_user + after.children_system - before.children_user - before.children_system
    _settle(stage, visitor, draft, file)
    return Moved(float(told.stdout), used)


def _by_page(stage: Stage, visitor: Visitor, url: str, file: Path) -> tuple[Moved, Held]:
    """From choosing the file to the mark that says it is complete."""
    draft = str(uuid.uuid4())
    line = stage.line(visitor.token)
    line.ask("PUT", f"/api/upload/drafts/{draft}", {})
    line.close()
    page = visitor.page_at(url, f"/drafts/{draft}")
    page.locator('[data-island="uploader"][data-ready="yes"]').wait_for()
    pids = visitor.pids()
    clock = Clock(stage.pids() | {"(browser)": pids["browser"]})
    with Peak(*pids["renderer"]) as peak:
        began = time.monotonic()
        heap = _send(page, file)
        seconds = time.monotonic() - began
    used = clock.read()[1]
    used.pop("(client)")
    page.close()
    _settle(stage, visitor, draft, file)
    return Moved(seconds, used), Held(peak.course, heap)


def _send(page: Page, file: Path) -> list[int]:
    """Chooses the file and waits; the heap of the page's scripts, looked at now and again."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    heap: list[int] = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    with page.expect_file_chooser() as chooser:
        page.locator('[data-choose="files"]').click()
    chooser.value.set_files(file)
    line = page.locator(".file")
    while (state := line.get_attribute("data-state")) != "complete":
        if state in ("failed", "wanted") or time.monotonic() > deadline:
            raise Unexpected(f"the page says of its file: {line.inner_text()}")
        told = session.send("Performance.getMetrics")["metrics"]
        heap += [int(one["value"]) for one in told if one["name"] == "JSHeapUsedSize"]
        page.wait_for_timeout(LOOK_MS)
    return heap


def _settle(stage: Stage, visitor: Visitor, draft: str, file: Path) -> None:
    """Refuses what is not what was sent; then it is removed, and the servers come to rest."""
    with file.open("rb") as content:
        expected = hashlib.file_digest(content, "sha256").hexdigest()
    line = stage.line(visitor.token)
    found = line.ask("GET", f"/api/upload/drafts/{draft}")["files"]
    if [(one["state"], one["sha256"]) for one in found] != [("complete", expected)]:
        raise Unexpected(f"what arrived is not what was sent: {found}")
    line.ask("DELETE", f"/api/upload/drafts/{draft}")
    line.close()
    stage.sweep_store()
    calm(stage.pids())


def _speeds(what: str, size_bytes: int, page: list[Moved], line: list[Moved]) -> list[Row]:
    ratios = [theirs.seconds / ours.seconds for ours, theirs in zip(page, line, strict=True)]
    ours, theirs = (size_bytes / MEGABYTE / median([one.seconds for one in all]) for all in (page, line))
    return [
        Row(
            f"upload of {size_bytes / MEGABYTE:.0f} MB by the page, {what}",
            f"{ours:.0f} MB/s",
            f"{median(ratios):.2f} of {theirs:.0f} MB/s by the command line",
            f"≥ {AIM:.2f}",
            median(ratios) >= AIM,
        ),
        Row("    processor seconds a GiB, by the page; who was busy", *_costs(size_bytes, page[-1])),
        Row("    processor seconds a GiB, by the command line", *_costs(size_bytes, line[-1])),
    ]


def _costs(size_bytes: int, moved: Moved) -> tuple[str, str]:
    each = {name: seconds * 2**30 / size_bytes for name, seconds in moved.used.items()}
    busy = limit({name: seconds / moved.seconds for name, seconds in moved.used.items()})
    dearest = sorted(each.items(), key=lambda one: -one[1])[:4]
    costs = ", ".join(f"{name} {seconds:.1f}" for name, seconds in dearest)
    return f"{sum(each.values()):.1f} in all", f"{costs}; {busy}"


def _memory(held: list[Held]) -> Row:
    growths = [growth(one.resident) for one in held]
    most = max(max(one.resident) for one in held) / MIB
    heaps = [max(one.heap, default=0) / MIB for one in held]
    return Row(
        "    memory of the tab: the most in its last third, of the most in its first",
        f"{median(growths):.2f}",
        f"{most:.0f} MiB at the most; its scripts' heap {max(heaps):.1f} MiB",
        f"≤ {MOST_GROWTH}",
        median(growths) <= MOST_GROWTH,
    )


def growth(course: list[int]) -> float:
    """How much more was held towards the end than at the beginning."""
    third = max(1, len(course) // 3)
    return max(course[-third:]) / max(1, *course[:third])
