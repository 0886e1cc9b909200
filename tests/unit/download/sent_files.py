"""Files as the upload describes them, and whole archives made from their layout."""

import hashlib
import io
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from services.contracts.values import Part, SentFile
from services.download.zip.layout import FileRange, ZipLayout
from services.upload.domain.crc import crc32_combine

GIB = 1024**3
PARIS = ZoneInfo("Europe/Paris")
SUBMITTED = datetime(2026, 3, 2, 9, 41, 30, tzinfo=UTC)
ZEROS = 1024 * 1024


def sent_file(body: bytes, part_bytes: int, file: str, path: str = "plans/été.zip") -> SentFile:
    """A file that was sent in parts of so many bytes; the last one may be shorter."""
    pieces = [body[at : at + part_bytes] for at in range(0, len(body), part_bytes)]
    return SentFile(
        file=file,
        path=path,
        size_bytes=len(body),
        sha256=hashlib.sha256(body).hexdigest(),
        crc32=zlib.crc32(body),
        object_key=file,
        parts=tuple(
            Part(size_bytes=len(one), sha256=hashlib.sha256(one).hexdigest(), crc32=zlib.crc32(one)) for one in pieces
        ),
    )


def sent(path: str, body: bytes, number: int = 0) -> SentFile:
    """The same, in one part."""
    return sent_file(body, max(len(body), 1), f"f{number}", path)


def sent_zeros(path: str, size_bytes: int) -> SentFile:
    """A file of zeros that is nowhere: its checksum is computed, its digest is made up."""
    full, rest = divmod(size_bytes, ZEROS)
    crc32 = crc32_combine([(zlib.crc32(bytes(ZEROS)), ZEROS)] * full + [(zlib.crc32(bytes(rest)), rest)])
    return SentFile(
        file="zeros", path=path, size_bytes=size_bytes, sha256="0" * 64, crc32=crc32, object_key="zeros", parts=()
    )


def layout_of(bodies: Mapping[str, bytes]) -> ZipLayout:
    return ZipLayout([sent(path, body, number) for number, (path, body) in enumerate(bodies.items())], SUBMITTED, PARIS)


def built(layout: ZipLayout, bodies: list[bytes], span: tuple[int, int] | None = None) -> bytes:
    """The bytes of a range of an archive whose files have these bodies."""
    by_file = {file.file: body for file, body in zip(layout.files, bodies, strict=True)}
    return b"".join(
        by_file[one.file.file][slice(*one.span)] if isinstance(one, FileRange) else one
        for one in layout.segments(span or (0, layout.size_bytes))
    )


def write_sparse(layout: ZipLayout, place: Path) -> None:
    """The archive on disk with a hole wherever a file of zeros is."""
    at = 0
    with place.open("wb") as file:
        for one in layout.segments((0, layout.size_bytes)):
            if isinstance(one, FileRange):
                at += one.span[1] - one.span[0]
            else:
                file.seek(at)
                at += file.write(one)
    assert at == layout.size_bytes


class LazyArchive(io.RawIOBase):
    """An archive of zeros that is made as it is read, and counts what was read of it."""

    def __init__(self, layout: ZipLayout) -> None:
        self.layout = layout
        self.at = 0
        self.read_bytes = 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.layout.size_bytes}[whence]
        return self.at

    def read(self, size: int = -1) -> bytes:
        stop = self.layout.size_bytes if size < 0 else min(self.at + size, self.layout.size_bytes)
        found = b"".join(
            _zeros(one.span[1] - one.span[0]) if isinstance(one, FileRange) else one
            for one in self.layout.segments((self.at, stop))
        )
        self.at += len(found)
        self.read_bytes += len(found)
        return found


@lru_cache(maxsize=4)
def _zeros(size_bytes: int) -> bytes:
    return bytes(size_bytes)
