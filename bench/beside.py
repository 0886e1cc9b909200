"""Side by side: ours and the others move the same files, by turns, and what each of them costs is written down."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from typing import NamedTuple

from bench.contender import Contender, Load, Mover
from bench.cuts import Cuts
from bench.ours import Ours
from bench.peers.running import Peers
from bench.rows import median
from bench.stage import Stage
from bench.usage import Clock, Peak, calm, machine_seconds, tree
from devstack.table import table

MEGABYTE, GIB = 1_000_000, 2**30
CORES = os.cpu_count() or 1
HEADS = ("load", "way", "who", "MB/s", "ours ÷ it", "CPU s/GiB", "with the store", "peak MiB", "limit")
ATTEMPTS = 4
WAYS = ("upload", "download")


class Figure(NamedTuple):
    """One load, once, one way."""

    speed: float
    own: float
    with_store: float
    peak_bytes: int
    limit: str


Figures = dict[tuple[str, str], list[Figure]]


def compare(stage: Stage, loads: Iterable[Load], runs: int, told: Callable[[str], None]) -> str:
    """The table: medians of the runs, and of the ratios in each run."""
    rows: list[tuple[str, ...]] = []
    with Peers(stage.stack) as peers:
        contenders: list[Contender] = [Ours(stage), *peers.all()]
        _warm(stage, contenders, told)
        for load in loads:
            figures = _measured(stage, contenders, load, runs, told)
            rows += _rows(load, figures, [contender.name for contender in contenders])
        deaths = [f"{one.name} ended by itself {one.deaths} ×" for one in contenders if one.deaths]
    return "\n".join([table(HEADS, rows), "", *deaths])


def _warm(stage: Stage, contenders: list[Contender], told: Callable[[str], None]) -> None:
    for contender in contenders:
        _round_again(stage, contender, Load(4, MEGABYTE, 2), told)


def _measured(stage: Stage, contenders: list[Contender], load: Load, runs: int, told: Callable[[str], None]) -> Figures:
    figures: Figures = {}
    for run in range(1, runs + 1):
        for contender in contenders:
            there_and_back = _round_again(stage, contender, load, told)
            for way, figure in zip(WAYS, there_and_back, strict=True):
                figures.setdefault((way, contender.name), []).append(figure)
            speeds = " / ".join(f"{figure.speed:.0f}" for figure in there_and_back)
            told(f"{load}, run {run}: {contender.name} {speeds} MB/s")
        stage.sweep_store()
    return figures


def _round_again(stage: Stage, contender: Contender, load: Load, told: Callable[[str], None]) -> tuple[Figure, Figure]:
    """Another server that dies of it is started again, and begins again; it is said how often."""
    for _ in range(ATTEMPTS - 1):
        try:
            return _round(stage, contender, load)
        except (OSError, HTTPException):
            if not contender.died():
                raise
            told(f"{load}: {contender.name} ended by itself and is started again")
            contender.deaths += 1
    return _round(stage, contender, load)


def _round(stage: Stage, contender: Contender, load: Load) -> tuple[Figure, Figure]:
    """There and back; what came back was compared with what went, so both ways are verified."""
    cuts = Cuts(load.size_bytes)
    each = load.files // load.clients
    movers = [contender.mover() for _ in range(load.clients)]

    def bring(mover: Mover) -> None:
        for _ in range(each):
            mover.upload(cuts)

    with ThreadPoolExecutor(load.clients) as pool:
        there = _figure(stage, contender, load, lambda: list(pool.map(bring, movers)))
        list(pool.map(lambda mover: mover.settle(), movers))
        calm(stage.pids() | contender.servers(), 5)
        back = _figure(stage, contender, load, lambda: list(pool.map(lambda mover: mover.download(), movers)))
        list(pool.map(lambda mover: mover.forget(), movers))
    calm(stage.pids() | contender.servers(), 5)
    return there, back


def _figure(stage: Stage, contender: Contender, load: Load, work: Callable[[], object]) -> Figure:
    servers = contender.servers()
    counted = [pid for name in contender.memory_of for each in servers.get(name, ()) for pid in tree(each)]
    clock, everybody = Clock(servers | {"store": stage.pids()["s3"]}), machine_seconds()
    with Peak(*counted) as peak:
        began = time.monotonic()
        work()
        passed = time.monotonic() - began
    used = clock.read()[1]
    used["others"] = max(0.0, machine_seconds() - everybody - sum(used.values()))
    own = sum(used[name] for name in servers)
    scale = GIB / load.total_bytes
    busy = limit({name: seconds / passed for name, seconds in used.items()})
    return Figure(
        load.total_bytes / MEGABYTE / passed, own * scale, (own + used["store"]) * scale, peak.size_bytes, busy
    )


def limit(cores: dict[str, float]) -> str:
    """Who was busy: all cores, one of a single thread, or nobody, so that it was waiting that took the time."""
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
    """The limit is that of the run in the middle, the memory that of the worst."""
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
