"""Where does each byte of the archive come from? All of it is known from what the upload recorded; nothing is read."""

import hashlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.contracts.values import SentFile
from services.download.domain.archive import ArchiveContents
from services.download.domain.contents import line_of
from services.download.domain.ranges import Range
from services.download.zip.names import entry_names
from services.download.zip.records import ZipEntry, end


class FileRange(NamedTuple):
    """Bytes of a file."""

    file: SentFile
    span: Range


Segment = bytes | FileRange


class ZipLayout:
    """The archive of these files, in this order; the same files, date and zone always make the same bytes."""

    def __init__(self, files: Sequence[SentFile], submitted_at: datetime, zone: ZoneInfo) -> None:
        self.files = tuple(files)
        self.sent_on = submitted_at.astimezone(zone).date()
        self.members: list[ZipEntry] = []
        at = 0
        for file, name in zip(self.files, entry_names(file.path for file in files), strict=True):
            dated = (file.modified_at or submitted_at).astimezone(zone)
            member = ZipEntry(name.encode(), file.crc32, file.size_bytes, at, dated)
            self.members.append(member)
            at = member.stop
        self.directory_at = at
        self._offsets = [member.offset for member in self.members]

    @cached_property
    def size_bytes(self) -> int:
        """The exact length of the whole."""
        return self.directory_at + len(self._closing)

    @cached_property
    def etag(self) -> str:
        """A strong validator: the digest of every byte that is not a file's, and of the files' digests."""
        digest = hashlib.sha256()
        for member, file in zip(self.members, self.files, strict=True):
            digest.update(member.local() + bytes.fromhex(file.sha256))
        digest.update(self._closing)
        return f'"{digest.hexdigest()}"'

    @cached_property
    def bundle(self) -> ArchiveContents:
        """The same, as the rules take it."""
        begins = {file.file: member.data for file, member in zip(self.files, self.members, strict=True)}
        return ArchiveContents({file.file: line_of(file) for file in self.files}, begins, self.size_bytes)

    def segments(self, span: Range) -> Iterator[Segment]:
        """What a range of the archive is made of, in order: bytes as they are, and stretches of files."""
        start, stop = span
        first = max(0, bisect_right(self._offsets, start) - 1)
        for member, file in zip(self.members[first:], self.files[first:], strict=True):
            if member.offset >= stop:
                return
            yield from _cut(member.local(), member.offset, span)
            wanted = max(start - member.data, 0), min(stop - member.data, member.size_bytes)
            if wanted[0] < wanted[1]:
                yield FileRange(file, wanted)
        yield from _cut(self._closing, self.directory_at, span)

    @cached_property
    def _closing(self) -> bytes:
        directory = [member.central() for member in self.members]
        size_bytes = sum(len(line) for line in directory)
        return b"".join(directory) + end(len(directory), self.directory_at, size_bytes)


def _cut(literal: bytes, at: int, span: Range) -> list[bytes]:
    """The part of a literal at this place that lies in the range, unless there is none."""
    found = literal[max(span[0] - at, 0) : max(span[1] - at, 0)]
    return [found] if found else []
