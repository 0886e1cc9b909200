"""The one table: what was measured, next to what it is compared with, and whether an aim was met."""

from collections.abc import Iterable
from typing import NamedTuple

from devstack.table import table


class Row(NamedTuple):
    """One line; `aim` is a sentence when there is one, `met` says whether it was."""

    what: str
    figure: str
    ratio: str = ""
    aim: str = ""
    met: bool | None = None

    def cells(self) -> tuple[str, ...]:
        verdict = "" if self.met is None else "met" if self.met else "MISSED"
        return (self.what, self.figure, self.ratio, self.aim, verdict)


def printed(rows: Iterable[Row]) -> str:
    """All of them under heads."""
    return table(("what", "measured", "against", "aim", ""), [row.cells() for row in rows])


def quantile(values: list[float], share: float) -> float:
    """The value below which that share lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: list[float]) -> float:
    """The middle one."""
    return quantile(values, 0.5)
