"""The one table that `make run` and `make status` print: what runs, where it answers, where it logs."""

import os
from collections.abc import Iterable
from pathlib import Path

Row = tuple[str, ...]


def table(heads: Row, rows: Iterable[Row]) -> str:
    """Left-aligned columns, a line under the heads."""
    body = list(rows)
    widths = [max(len(row[column]) for row in [heads, *body]) for column in range(len(heads))]
    lines = [heads, tuple("─" * width for width in widths), *body]
    return "\n".join(_line(line, widths) for line in lines)


def _line(cells: Row, widths: list[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def short(path: str | Path) -> str:
    """A path as seen from here, when that is shorter."""
    return min(str(path), os.path.relpath(path), key=len)
