"""The attempt that a GET belongs to, at a file or at an archive: the same questions to the link for both."""

from datetime import datetime
from typing import NamedTuple, Protocol

from services.contracts.values import FileSummary
from services.download.domain import archiving
from services.download.domain.archive import ArchiveContents
from services.download.domain.download import Download
from services.download.domain.gets import GetProgress, GetStart
from services.download.domain.link import Decision, Link


class DownloadAttempt(Protocol):
    """What a GET needs to keep its book."""

    @property
    def size_bytes(self) -> int:
        """Of the whole."""

    def found(self, link: Link) -> Download | None:
        """What is known of it."""

    def fetch(self, link: Link, begun: GetStart, now: datetime) -> Decision:
        """A GET begins."""

    def progress(self, link: Link, progress: GetProgress, now: datetime) -> Decision:
        """Bytes were handed over, and more will be unless this record is the last one of its GET."""


class FileAttempt(NamedTuple):
    """An attempt at one file."""

    line: FileSummary
    file: str
    id: str

    @property
    def size_bytes(self) -> int:
        return self.line.size_bytes

    def found(self, link: Link) -> Download | None:
        return link.download(self.file, self.id)

    def fetch(self, link: Link, begun: GetStart, now: datetime) -> Decision:
        return link.fetch(self.line, self.file, self.id, begun, now)

    def progress(self, link: Link, progress: GetProgress, now: datetime) -> Decision:
        return link.progress(self.line, self.file, self.id, progress, now)


class ArchiveAttempt(NamedTuple):
    """An attempt at several files at once."""

    bundle: ArchiveContents
    id: str

    @property
    def size_bytes(self) -> int:
        return self.bundle.size_bytes

    def found(self, link: Link) -> Download | None:
        archive = link.archives.get(self.id)
        return archive.download if archive else None

    def fetch(self, link: Link, begun: GetStart, now: datetime) -> Decision:
        return archiving.fetch(link, self.bundle, self.id, begun, now)

    def progress(self, link: Link, progress: GetProgress, now: datetime) -> Decision:
        return archiving.progress(link, self.bundle, self.id, progress, now)
