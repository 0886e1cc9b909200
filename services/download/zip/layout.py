"""Where each byte of an archive comes from, known from what the upload recorded, without reading a file."""

import hashlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.contracts.values import SentFile
from services.download.domain.archive import ArchiveContents
from services.download.domain.contents import summary_of
from services.download.domain.ranges import Range
from services.download.zip.names import entry_names
from services.download.zip.records import ZipEntry, end_records


class FileRange(NamedTuple):
    """A range of the bytes of one file."""

    file: SentFile
    span: Range


Segment = bytes | FileRange


class ZipLayout:
    """The archive of these files, in this order; the same files, date and zone always make the same bytes."""

    def __init__(self, files: Sequence[SentFile], submitted_at: datetime, zone: ZoneInfo) -> None:
        self.files = tuple(files)
        self.sent_on = submitted_at.astimezone(zone).date()
        self.entries: list[ZipEntry] = []
        at = 0
        for file, name in zip(self.files, entry_names(file.path for file in files), strict=True):
            dated = (file.modified_at or submitted_at).astimezone(zone)
            entry = ZipEntry(name.encode(), file.crc32, file.size_bytes, at, dated)
            self.entries.append(entry)
            at = entry.stop
        self.directory_at = at
        self._offsets = [entry.offset for entry in self.entries]

    @cached_property
    def size_bytes(self) -> int:
        """The exact size of the archive."""
        return self.directory_at + len(self._end)

    @cached_property
    def etag(self) -> str:
        """A strong validator: the digest of every byte of the archive itself, and of the digests of its files."""
        digest = hashlib.sha256()
        for entry, file in zip(self.entries, self.files, strict=True):
            digest.update(entry.local() + bytes.fromhex(file.sha256))
        digest.update(self._end)
        return f'"{digest.hexdigest()}"'

    @cached_property
    def contents(self) -> ArchiveContents:
        """What the rules need of it."""
        offsets = {file.file: entry.data for file, entry in zip(self.files, self.entries, strict=True)}
        return ArchiveContents({file.file: summary_of(file) for file in self.files}, offsets, self.size_bytes)

    def segments(self, span: Range) -> Iterator[Segment]:
        """Yield what a range of the archive is made of, in order: literal bytes, and ranges of files."""
        start, stop = span
        first = max(0, bisect_right(self._offsets, start) - 1)
        for entry, file in zip(self.entries[first:], self.files[first:], strict=True):
            if entry.offset >= stop:
                return
            yield from _cut(entry.local(), entry.offset, span)
            wanted = max(start - entry.data, 0), min(stop - entry.data, entry.size_bytes)
            if wanted[0] < wanted[1]:
                yield FileRange(file, wanted)
        yield from _cut(self._end, self.directory_at, span)

    @cached_property
    def _end(self) -> bytes:
        directory = [entry.central() for entry in self.entries]
        size_bytes = sum(len(record) for record in directory)
        return b"".join(directory) + end_records(len(directory), self.directory_at, size_bytes)


def _cut(literal: bytes, at: int, span: Range) -> list[bytes]:
    """Return the part of a literal at this offset that lies in the range, unless there is none."""
    found = literal[max(span[0] - at, 0) : max(span[1] - at, 0)]
    return [found] if found else []
