"""Runs all or some of the benchmarks, most of them on a stack of their own, and prints the results."""

import argparse
import os
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from bench import baselines, browser, comparison, digests, large_uploads, latency, pages, range_reads, sends
from bench.contender import Load
from bench.rows import TableRow, format_table
from bench.stage import Stage

CONCURRENCIES = (1, 8, 32)


class Sizes(NamedTuple):
    """The amount of work of each benchmark."""

    large_bytes: int
    small_files: int
    runs: int
    latencies: int
    seconds: float
    held_bytes: int
    page_bytes: int


QUICK = Sizes(24_000_000, 8, 1, 10, 1.0, 9_000_000, 300_000_000)
USUAL = Sizes(304_000_000, 40, 3, 100, 5.0, 40_000_000, 1_000_000_000)
FULL = Sizes(1_000_000_000, 200, 3, 100, 10.0, 40_000_000, 1_000_000_000)


def main(words: list[str]) -> int:
    """Run the benchmarks; `--quick` is for changes of the benchmarks themselves, its figures mean nothing."""
    parser = argparse.ArgumentParser(prog="bench", description="Timings, as ratios.")
    kinds = [*WITHOUT_STACK, *WITH_STACK]
    parser.add_argument("--only", choices=kinds, action="append", help="one of them; may be repeated")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_const", const=QUICK, dest="sizes", help="hardly any work")
    size.add_argument("--full", action="store_const", const=FULL, dest="sizes", help="1 GB and 200 × 1 MB")
    asked = parser.parse_args(words)
    kinds, sizes = asked.only or kinds, asked.sizes or USUAL
    began = time.monotonic()
    _say(f"{os.cpu_count()} cores; {_load()} as it begins")
    for kind in [one for one in kinds if one in WITHOUT_STACK]:
        _say(f"\n{kind}\n\n{format_table(WITHOUT_STACK[kind](sizes))}")
    _on_a_stack([one for one in kinds if one in WITH_STACK], sizes)
    _say(f"\n{time.monotonic() - began:.0f} s in all; {_load()} at the end.")
    return 0


def _on_a_stack(kinds: list[str], sizes: Sizes) -> None:
    """Run these on a fresh stack, if there are any."""
    if kinds:
        with Stage() as stage:
            _warm(stage, 5 if sizes is QUICK else 20)
            for kind in kinds:
                _say(f"\n{kind}\n\n{WITH_STACK[kind](stage, sizes)}")


def _sends(stage: Stage, sizes: Sizes) -> str:
    rows, found = baselines.measure(stage, concurrency=16)
    rows += sends.latency(stage, times=sizes.latencies)
    best = 0.0
    for concurrency in CONCURRENCIES:
        more, delivered = sends.throughput(stage, concurrency, found)
        rows, best = rows + more, max(best, delivered)
    rows.append(TableRow("    the best of these", f"{best:.1f} /s", "", "≥ 40 /s", best >= sends.TARGET_PER_SECOND))
    return format_table(rows)


def _bytes(stage: Stage, sizes: Sizes) -> str:
    rows = large_uploads.compare(stage, sizes.large_bytes, pairs=sizes.runs)
    rows += large_uploads.memory(stage, uploads=50, size_bytes=sizes.held_bytes)
    stage.sweep_store()
    return format_table(rows)


def _parts(stage: Stage, sizes: Sizes) -> str:
    return format_table(latency.measure(stage, sizes.seconds))


def _peers(stage: Stage, sizes: Sizes) -> str:
    loads = [
        Load(1, sizes.large_bytes, 1),
        Load(8, sizes.large_bytes // 8, 8),
        Load(sizes.small_files, 1_000_000, 1),
        Load(sizes.small_files, 1_000_000, 8),
    ]
    return comparison.compare(stage, loads, sizes.runs, lambda text: print(text, file=sys.stderr, flush=True))  # noqa: T201


def _pages(stage: Stage, sizes: Sizes) -> str:
    return format_table(pages.measure(stage, sizes.runs))


def _browser(stage: Stage, sizes: Sizes) -> str:
    return format_table(browser.measure(stage, sizes.page_bytes, sizes.runs))


WITH_STACK: dict[str, Callable[[Stage, Sizes], str]] = {
    "sends": _sends,
    "bytes": _bytes,
    "parts": _parts,
    "peers": _peers,
    "pages": _pages,
    "browser": _browser,
}
WITHOUT_STACK: dict[str, Callable[[Sizes], list[TableRow]]] = {
    "ranges": lambda sizes: range_reads.measure(sizes.large_bytes, 3 * sizes.runs),
    "digests": lambda sizes: digests.measure(sizes.latencies),
}


def _warm(stage: Stage, times: int) -> None:
    for _ in range(times):
        sends.send(connection := stage.connection())
        connection.close()


def _load() -> str:
    """Return the load average of this machine; the benchmark itself contributes to it."""
    return "load " + " / ".join(f"{average:.1f}" for average in os.getloadavg()) + " over 1 / 5 / 15 minutes"


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the tables are what it is for


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
