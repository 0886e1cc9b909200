"""Formats the table that `make run` and `make status` print."""

import os
from collections.abc import Iterable
from pathlib import Path

Row = tuple[str, ...]


def table(heads: Row, rows: Iterable[Row]) -> str:
    """Return left-aligned columns with a line under the heads."""
    body = list(rows)
    widths = [max(len(row[column]) for row in [heads, *body]) for column in range(len(heads))]
    lines = [heads, tuple("─" * width for width in widths), *body]
    return "\n".join(_line(line, widths) for line in lines)


def _line(cells: Row, widths: list[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def display_path(path: str | Path) -> str:
    """Return the path relative to the current folder, if that is shorter."""
    return min(str(path), os.path.relpath(path), key=len)
