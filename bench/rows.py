"""The table of results: each figure, what it is compared with, and whether it meets its target."""

from collections.abc import Iterable
from typing import NamedTuple

from devstack.table import table


class TableRow(NamedTuple):
    """One row; `target` is text, `met` is None where there is no target."""

    what: str
    figure: str
    ratio: str = ""
    target: str = ""
    met: bool | None = None

    def cells(self) -> tuple[str, ...]:
        verdict = "" if self.met is None else "met" if self.met else "MISSED"
        return (self.what, self.figure, self.ratio, self.target, verdict)


def format_table(rows: Iterable[TableRow]) -> str:
    """Return all rows under their headings."""
    return table(("what", "measured", "against", "target", ""), [row.cells() for row in rows])


def quantile(values: list[float], share: float) -> float:
    """Return the value below which this share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: list[float]) -> float:
    """Return the median."""
    return quantile(values, 0.5)
