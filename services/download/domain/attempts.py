"""Which attempt do these bytes belong to? One at a file or one at an archive: the same four questions to the link."""

from datetime import datetime
from typing import NamedTuple, Protocol

from services.contracts.values import FileLine
from services.download.domain import archiving
from services.download.domain.archive import Bundle
from services.download.domain.downloads import Download, Progress
from services.download.domain.link import Decision, Link


class Attempt(Protocol):
    """What a GET needs to keep its book."""

    @property
    def size_bytes(self) -> int:
        """Of the whole."""

    def found(self, link: Link) -> Download | None:
        """What is known of it."""

    def fetch(self, link: Link, start: int, now: datetime) -> Decision:
        """A GET begins."""

    def progress(self, link: Link, progress: Progress, now: datetime) -> Decision:
        """Bytes were handed over."""

    def complete(self, link: Link, progress: Progress, now: datetime) -> Decision:
        """A GET ended well."""


class FileAttempt(NamedTuple):
    """An attempt at one file."""

    line: FileLine
    file: str
    id: str

    @property
    def size_bytes(self) -> int:
        return self.line.size_bytes

    def found(self, link: Link) -> Download | None:
        return link.download(self.file, self.id)

    def fetch(self, link: Link, start: int, now: datetime) -> Decision:
        return link.fetch(self.line, self.file, self.id, start, now)

    def progress(self, link: Link, progress: Progress, now: datetime) -> Decision:
        return link.progress(self.line, self.file, self.id, progress, now)

    def complete(self, link: Link, progress: Progress, now: datetime) -> Decision:
        return link.complete(self.line, self.file, self.id, progress, now)


class ArchiveAttempt(NamedTuple):
    """An attempt at several files at once."""

    bundle: Bundle
    id: str

    @property
    def size_bytes(self) -> int:
        return self.bundle.size_bytes

    def found(self, link: Link) -> Download | None:
        archive = link.archives.get(self.id)
        return archive.download if archive else None

    def fetch(self, link: Link, start: int, now: datetime) -> Decision:
        return archiving.fetch(link, self.bundle, self.id, start, now)

    def progress(self, link: Link, progress: Progress, now: datetime) -> Decision:
        return archiving.progress(link, self.bundle, self.id, progress, now)

    def complete(self, link: Link, progress: Progress, now: datetime) -> Decision:
        return archiving.complete(link, self.bundle, self.id, progress, now)
