"""One attempt to download several files at once: a download that holds a lease on each of them (quota rule 8)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple, Self

from pydantic import BaseModel, ConfigDict

from services.contracts.values import FileSummary
from services.download.domain.coverage import ByteCounts
from services.download.domain.download import Download
from services.download.domain.quota import FileQuota, Held

MAX_ENDED = 20


class ArchiveContents(NamedTuple):
    """What an archive is made of: its files by id, where the bytes of each begin, and how many bytes it has itself."""

    lines: Mapping[str, FileSummary]
    begins: Mapping[str, int]
    size_bytes: int


class Archive(BaseModel):
    """An attempt at an archive; `members` are its files and where their bytes begin in it, and never change."""

    model_config = ConfigDict(frozen=True)

    members: dict[str, int]
    download: Download

    @classmethod
    def new(cls, bundle: ArchiveContents, now: datetime) -> Self:
        """Return one that has no lease yet."""
        return cls(members=dict(bundle.begins), download=Download.new(bundle.size_bytes, now))

    def holds(self, file: str) -> bool:
        """It has, or may have, bytes of this file to hand out; a finished one is among the downloads of the file."""
        return self.may_hand_out and file in self.members

    @property
    def may_hand_out(self) -> bool:
        """It has a lease, or a GET of it runs."""
        return bool(self.download.state == "running" or self.download.gets)

    def held(self, file: str, size_bytes: int) -> Held:
        """The archive as the quota of one of its files sees it."""
        begins = self.members[file]
        return Held(self.download, (begins, begins + size_bytes))

    def with_download(self, download: Download) -> Self:
        """The same files, and this has become of the attempt."""
        return self.model_copy(update={"download": download})

    def by_file(self, gone: ByteCounts, quotas: Mapping[str, FileQuota]) -> Iterator[tuple[str, ByteCounts]]:
        """Which bytes of which files lie in these bytes of the archive; its own headers belong to no file."""
        for file, begins in self.members.items() if gone.large else ():
            found = gone.within((begins, begins + quotas[file].size_bytes))
            if found.large:
                yield file, found


def tidied(archives: Mapping[str, Archive], now: datetime) -> dict[str, Archive]:
    """Of attempts that have ended only the latest are kept; their bytes, and those that are done, stay counted."""
    ended = [(one.download.started_at, id) for id, one in archives.items() if one.download.ended(now)]
    gone = {id for _, id in sorted(ended)[:-MAX_ENDED]}
    return {id: one for id, one in archives.items() if id not in gone}


def with_archives(quotas: Mapping[str, FileQuota], archives: Iterable[Archive]) -> dict[str, FileQuota]:
    """ContentsRepository by file, each with the archives that may still hand out bytes of it."""
    held: defaultdict[str, list[Held]] = defaultdict(list)
    for archive in archives:
        for file in archive.members if archive.may_hand_out else ():
            if file in quotas:
                held[file].append(archive.held(file, quotas[file].size_bytes))
    return {id: one.model_copy(update={"held": tuple(held[id])}) if id in held else one for id, one in quotas.items()}
