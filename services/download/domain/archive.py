"""What is one attempt at several files at once? One download that holds a lease on each of them (quota rule 8)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import NamedTuple, Self

from pydantic import BaseModel, ConfigDict

from services.contracts.values import FileLine
from services.download.domain.downloads import Download, suspended

MOST_IDLE = 20


class Bundle(NamedTuple):
    """What an archive is made of: its files, by id, and how many bytes it has itself."""

    lines: Mapping[str, FileLine]
    size_bytes: int


class Archive(BaseModel):
    """An attempt at an archive of these files, which are never changed."""

    model_config = ConfigDict(frozen=True)

    files: tuple[str, ...]
    download: Download

    @classmethod
    def unbegun(cls, bundle: Bundle, now: datetime) -> Self:
        """One that has no lease yet."""
        return cls(files=tuple(bundle.lines), download=Download.unbegun(bundle.size_bytes, now))

    def holds(self, file: str) -> bool:
        """It has, or may have, a lease on this file; a finished one is among the downloads of the file."""
        return self.download.state == "running" and file in self.members

    def with_download(self, download: Download) -> Self:
        """The same files, and this has become of the attempt."""
        return self.model_copy(update={"download": download})

    @cached_property
    def members(self) -> frozenset[str]:
        """The files, to look one up."""
        return frozenset(self.files)


def archives_suspended(archives: Iterable[Archive], reopened_at: datetime | None, now: datetime) -> bool:
    """Undone archives, of whatever files, delivered too often or too much since the sender last opened them."""
    undone = [one.download for one in archives if one.download.undone(now)]
    undone = [one for one in undone if reopened_at is None or one.started_at > reopened_at]
    return suspended(undone, max((one.size_bytes for one in undone), default=0))


def without_idle(archives: Mapping[str, Archive], now: datetime) -> dict[str, Archive]:
    """Of attempts that ended without a byte only the latest are remembered, for those who come back to them."""
    idle = [(one.download.started_at, id) for id, one in archives.items() if one.download.idle(now)]
    gone = {id for _, id in sorted(idle)[:-MOST_IDLE]}
    return {id: one for id, one in archives.items() if id not in gone}
