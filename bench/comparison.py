"""Compares the product with other servers: each moves the same files in turn, and its cost is recorded."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from typing import NamedTuple

from bench.contender import Contender, ContenderClient, Load
from bench.part_file import PartFile
from bench.peers.running import Peers
from bench.product import Product
from bench.rows import median
from bench.stage import Stage
from bench.usage import PeakMemory, UsageMeter, machine_seconds, process_tree, wait_until_idle
from devstack.table import table

MEGABYTE, GIB = 1_000_000, 2**30
CORES = os.cpu_count() or 1
HEADS = ("load", "way", "who", "MB/s", "ours ÷ it", "CPU s/GiB", "with the store", "peak MiB", "limit")
ATTEMPTS = 4
WAYS = ("upload", "download")


class Figure(NamedTuple):
    """The result of one load, once, in one direction."""

    speed: float
    own: float
    with_store: float
    peak_bytes: int
    limit: str


Figures = dict[tuple[str, str], list[Figure]]


def compare(stage: Stage, loads: Iterable[Load], runs: int, report_progress: Callable[[str], None]) -> str:
    """Return the table: medians of the runs, and medians of the ratios in each run."""
    rows: list[tuple[str, ...]] = []
    with Peers(stage.stack) as peers:
        contenders: list[Contender] = [Product(stage), *peers.all()]
        _warm(stage, contenders, report_progress)
        for load in loads:
            figures = _measured(stage, contenders, load, runs, report_progress)
            rows += _rows(load, figures, [contender.name for contender in contenders])
        crashes = [f"{one.name} ended by itself {one.crashes} ×" for one in contenders if one.crashes]
    return "\n".join([table(HEADS, rows), "", *crashes])


def _warm(stage: Stage, contenders: list[Contender], report_progress: Callable[[str], None]) -> None:
    for contender in contenders:
        _round_with_restarts(stage, contender, Load(4, MEGABYTE, 2), report_progress)


def _measured(
    stage: Stage, contenders: list[Contender], load: Load, runs: int, report_progress: Callable[[str], None]
) -> Figures:
    figures: Figures = {}
    for run in range(1, runs + 1):
        for contender in contenders:
            both = _round_with_restarts(stage, contender, load, report_progress)
            for way, figure in zip(WAYS, both, strict=True):
                figures.setdefault((way, contender.name), []).append(figure)
            speeds = " / ".join(f"{figure.speed:.0f}" for figure in both)
            report_progress(f"{load}, run {run}: {contender.name} {speeds} MB/s")
        stage.sweep_store()
    return figures


def _round_with_restarts(
    stage: Stage, contender: Contender, load: Load, report_progress: Callable[[str], None]
) -> tuple[Figure, Figure]:
    """Run one round; if a peer crashes, restart it, count the crash and repeat the round."""
    for _ in range(ATTEMPTS - 1):
        try:
            return _round(stage, contender, load)
        except (OSError, HTTPException):
            if not contender.has_crashed():
                raise
            report_progress(f"{load}: {contender.name} ended by itself and is started again")
            contender.crashes += 1
    return _round(stage, contender, load)


def _round(stage: Stage, contender: Contender, load: Load) -> tuple[Figure, Figure]:
    """Upload, then download and verify the content."""
    part_file = PartFile(load.size_bytes)
    each = load.files // load.clients
    clients = [contender.client() for _ in range(load.clients)]

    def upload_all(client: ContenderClient) -> None:
        for _ in range(each):
            client.upload(part_file)

    with ThreadPoolExecutor(load.clients) as pool:
        uploaded = _figure(stage, contender, load, lambda: list(pool.map(upload_all, clients)))
        list(pool.map(lambda client: client.make_downloadable(), clients))
        wait_until_idle(stage.pids() | contender.servers(), 5)
        downloaded = _figure(stage, contender, load, lambda: list(pool.map(lambda client: client.download(), clients)))
        list(pool.map(lambda client: client.clean_up(), clients))
    wait_until_idle(stage.pids() | contender.servers(), 5)
    return uploaded, downloaded


def _figure(stage: Stage, contender: Contender, load: Load, work: Callable[[], object]) -> Figure:
    servers = contender.servers()
    counted = [pid for name in contender.memory_parts for each in servers.get(name, ()) for pid in process_tree(each)]
    meter, everybody = UsageMeter(servers | {"store": stage.pids()["s3"]}), machine_seconds()
    with PeakMemory(*counted) as peak:
        began = time.monotonic()
        work()
        passed = time.monotonic() - began
    used = meter.read()[1]
    used["others"] = max(0.0, machine_seconds() - everybody - sum(used.values()))
    own = sum(used[name] for name in servers)
    scale = GIB / load.total_bytes
    busy = limit({name: seconds / passed for name, seconds in used.items()})
    return Figure(
        load.total_bytes / MEGABYTE / passed, own * scale, (own + used["store"]) * scale, peak.size_bytes, busy
    )


def limit(cores: dict[str, float]) -> str:
    """Name the bottleneck: all cores, one core of a single thread, or waiting."""
    busiest = sorted(cores, key=lambda name: -cores[name])[:3]
    said = ", ".join(f"{name} {cores[name]:.1f}" for name in busiest if cores[name] >= 0.05)
    total = sum(cores.values())
    if total >= 0.85 * CORES:
        return f"all {CORES} cores: {said}"
    return f"{'one core' if cores[busiest[0]] >= 0.85 else 'waiting'} ({total:.1f} of {CORES}): {said}"


def _rows(load: Load, figures: Figures, names: list[str]) -> Iterator[tuple[str, ...]]:
    for way in WAYS:
        for name in names:
            first = name == names[0]
            yield (str(load) if first else "", way if first else "", name, *_cells(figures, way, name, names[0]))


def _cells(figures: Figures, way: str, name: str, ours: str) -> tuple[str, ...]:
    """Return the cells of one row; the limit is that of the median run, the memory the maximum of all runs."""
    found = figures[way, name]
    ratio = median([mine.speed / its.speed for mine, its in zip(figures[way, ours], found, strict=True)])
    peak = max(figure.peak_bytes for figure in found) / 2**20
    return (
        f"{median([figure.speed for figure in found]):.1f}",
        "" if name == ours else f"{ratio:.2f}",
        f"{median([figure.own for figure in found]):.1f}",
        f"{median([figure.with_store for figure in found]):.1f}",
        f"{peak:.0f}" if peak else "–",
        sorted(found, key=lambda figure: figure.speed)[len(found) // 2].limit,
    )
