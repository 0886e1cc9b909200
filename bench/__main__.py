"""Measures everything on a stack of its own and prints one table."""

import argparse
import sys
import time

from bench import bytes as large
from bench import ceilings, sends
from bench.rows import Row, printed
from bench.stage import Stage

CONCURRENCIES = (1, 8, 32)


def main(words: list[str]) -> int:
    """All of it; `--quick` is for whoever changes the measuring itself, its figures mean nothing."""
    parser = argparse.ArgumentParser(prog="bench", description="Timings, as ratios.")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work")
    quick = parser.parse_args(words).quick
    began = time.monotonic()
    with Stage() as stage:
        rows = _rows(stage, quick)
    print(printed(rows))  # noqa: T201 - the table is what it is for
    print(f"\n{time.monotonic() - began:.0f} s in all, on a fresh stack; everything shares this machine.")  # noqa: T201
    return 0


def _rows(stage: Stage, quick: bool) -> list[Row]:
    for _ in range(5 if quick else 20):
        sends.send(warm := stage.line())
        warm.close()
    rows, found = ceilings.measure(stage, concurrency=16)
    rows += sends.latency(stage, times=10 if quick else 100)
    best = 0.0
    for concurrency in CONCURRENCIES:
        more, delivered = sends.throughput(stage, concurrency, found)
        rows, best = rows + more, max(best, delivered)
    rows.append(Row("    the best of these", f"{best:.1f} /s", "", "≥ 40 /s", best >= sends.AIM_PER_SECOND))
    rows += large.compare(stage, 100_000_000 if quick else 1_000_000_000, pairs=1 if quick else 3)
    rows += large.memory(stage, uploads=50, size_bytes=9_000_000 if quick else 40_000_000)
    return rows


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
