"""An archive: one download of several files that holds a lease on each of them, all or none (quota rule 8)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple, Self

from services.contracts.values import FileSummary
from services.download.domain.coverage import ByteCounts
from services.download.domain.download import Download
from services.download.domain.quota import ArchiveLease, FileQuota, LeasedArchive, no_lease_free
from services.download.domain.ranges import Range
from services.download.domain.refusals import DownloadsSuspended
from services.kit.refusals import Refusal

MAX_ENDED = 20


class ArchiveContents(NamedTuple):
    """The files of an archive by id, where the bytes of each begin in it, and the size of the whole."""

    files: Mapping[str, FileSummary]
    offsets: Mapping[str, int]
    size_bytes: int


class ArchiveDownload(Download):
    """The download of an archive; `offsets` says which files it holds and where their bytes begin, and never changes.

    It counts on each of its files once it is done, and then has an entry among their downloads.
    """

    offsets: dict[str, int]

    @classmethod
    def of(cls, contents: ArchiveContents, now: datetime) -> Self:
        """Return one that has no lease yet."""
        return cls(**dict(Download.new(contents.size_bytes, now)), offsets=dict(contents.offsets))

    @property
    def may_hand_out(self) -> bool:
        """It has a lease, or a GET of it runs."""
        return bool(self.state == "running" or self.gets)

    def window(self, file: str, size_bytes: int) -> Range:
        """Return where the bytes of a file of this size lie."""
        return self.offsets[file], self.offsets[file] + size_bytes

    def by_file(self, counts: ByteCounts, quotas: Mapping[str, FileQuota]) -> Iterator[tuple[str, ByteCounts]]:
        """Yield the bytes of each file among these bytes of the archive; its own headers belong to no file."""
        for file in self.offsets if counts.large else ():
            found = counts.within(self.window(file, quotas[file].size_bytes))
            if found.large:
                yield file, found


def with_archive_leases(quotas: Mapping[str, FileQuota], archives: Iterable[ArchiveDownload]) -> dict[str, FileQuota]:
    """Return these quotas, each with the archives that may still hand out bytes of its file.

    For each archive it takes time in proportion to the quotas or to its files, whichever are fewer.
    """
    leases: defaultdict[str, list[ArchiveLease]] = defaultdict(list)
    for archive in archives:
        leased = LeasedArchive(archive)
        for file in quotas.keys() & archive.offsets.keys() if archive.may_hand_out else ():
            leases[file].append(ArchiveLease(leased, archive.window(file, quotas[file].size_bytes)))
    return {
        id: one.model_copy(update={"archives": tuple(leases[id])}) if id in leases else one
        for id, one in quotas.items()
    }


def without_old_ones(archives: Mapping[str, ArchiveDownload], now: datetime) -> dict[str, ArchiveDownload]:
    """Drop archives that are over, but for the latest; their bytes, and those that are done, stay counted."""
    over = [(one.started_at, id) for id, one in archives.items() if one.is_over(now)]
    gone = {id for _, id in sorted(over)[:-MAX_ENDED]}
    return {id: one for id, one in archives.items() if id not in gone}


def refusal_to_start_archive(quotas: Mapping[str, FileQuota], now: datetime) -> Refusal | None:
    """Return why no archive of these files can be started now, naming the files in the way, if so."""
    return exhausted(quotas, [file for file, quota in quotas.items() if not quota.left(now)], now) or suspended(quotas)


def exhausted(quotas: Mapping[str, FileQuota], files: list[str], now: datetime) -> Refusal | None:
    """Return the refusal when no lease on these files is free: one of them is used up, or others are running."""
    return no_lease_free([quotas[file].free_at(now) for file in files], now, files=files) if files else None


def suspended(quotas: Mapping[str, FileQuota]) -> Refusal | None:
    """Return the refusal when some of these files are suspended."""
    files = [file for file, quota in quotas.items() if quota.is_suspended]
    return DownloadsSuspended(files=files) if files else None
