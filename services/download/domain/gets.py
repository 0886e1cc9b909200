"""One GET of a download: which bytes are reserved for it before they leave, and what it reports."""

from datetime import datetime, timedelta
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from services.download.domain.ranges import Range, Ranges, covered, without

MIB = 1024 * 1024
RUN_BYTES = 64 * MIB
"""The most that one GET reserves, and so the most that a killed process forgets (quota rule 3)."""
LAST_BYTES = MIB
RESERVATION_KEPT = timedelta(minutes=10)
"""How long the reservation of a process that died is kept for a late record of it."""


class GetStart(NamedTuple):
    """A GET of `span` that begins under an id of its own, and cannot without its bytes before `needs`."""

    get: str
    span: Range
    needs: int


class GetProgress(NamedTuple):
    """What one GET has done.

    It has handed over its bytes before `at`; those before `arrived` have surely arrived: on a line that broke, all but
    the last 4 MiB. It wants to hand over those before `needs` next, and those before `wants` after them.
    """

    get: str
    at: int
    arrived: int
    needs: int = 0
    wants: int = 0

    @property
    def goes_on(self) -> bool:
        """It is not the last record of this GET."""
        return self.needs > self.at


class RunningGet(BaseModel):
    """One GET that runs, from byte `start`.

    The bytes before `at` are booked; those from there to `stop` are reserved until `until`, and in the `last` run they
    may include the last MiB of the download.
    """

    model_config = ConfigDict(frozen=True)

    start: int
    at: int
    stop: int
    until: datetime
    last: bool = False

    @property
    def reserved(self) -> Range:
        """What it may hand out next."""
        return self.at, self.stop

    def reserving(self, progress: GetProgress, size_bytes: int, others: Ranges, until: datetime) -> "RunningGet":
        """With the next run of bytes reserved: up to the last MiB, or with it when the next chunk reaches into it.

        `others` left already or are reserved for other GETs. So whoever is killed before the last MiB has reserved
        none of it, and is not taken to have it.
        """
        stop = min(progress.wants, self.at + RUN_BYTES)
        allowance = size_bytes - LAST_BYTES - 1 - covered(others)
        before_last = _end(without((self.at, stop), others), allowance, stop) if allowance >= 0 else self.at
        last = before_last < min(progress.needs, stop)
        return self.model_copy(update={"stop": stop if last else before_last, "last": last, "until": until})


def _end(fresh: Ranges, allowance: int, stop: int) -> int:
    """Return where a run that ends at `stop` has used up so many fresh bytes."""
    for first, end in fresh:
        if end - first > allowance:
            return first + allowance
        allowance -= end - first
    return stop
