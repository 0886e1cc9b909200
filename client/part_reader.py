"""One pass over a file: its parts as they are read, and the SHA-256 of the whole; each part is digested elsewhere."""

import hashlib
import os
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from client.errors import FileChanged

CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True)
class FilePart:
    """A part as it was read; numbers begin at one."""

    number: int
    content: bytes
    sha256: str
    crc32: int

    @classmethod
    def of(cls, number: int, content: bytes) -> Self:
        """With its digests; other threads run meanwhile."""
        return cls(number, content, hashlib.sha256(content).hexdigest(), zlib.crc32(content))


class PartReader:
    """Cuts a file into parts of a size while it digests the whole; `sha256` is final once all parts were taken."""

    def __init__(self, path: Path, size_bytes: int, part_size_bytes: int, part_count: int) -> None:
        self._path = path
        self._size_bytes = size_bytes
        self._part_size_bytes = part_size_bytes
        self._part_count = part_count
        self._whole = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._whole.hexdigest()

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        """Each part with its number, never a shorter one; refuses a file that is written to while it is read."""
        left = self._size_bytes
        with self._path.open("rb", buffering=0) as stream:
            written = os.fstat(stream.fileno()).st_mtime_ns
            for number in range(1, self._part_count + 1):
                wanted = min(left, self._part_size_bytes)
                content = _read(stream.read, wanted)
                if len(content) < wanted:
                    raise FileChanged(str(self._path))
                left -= wanted
                self._whole.update(content)
                yield number, content
            if stream.read(1) or os.fstat(stream.fileno()).st_mtime_ns != written:
                raise FileChanged(str(self._path))


def chunks(content: bytes, told: Callable[[int], None] = lambda _size: None) -> Iterator[bytes]:
    """The same bytes in pieces that a socket takes in one go: a rest that is copied each time costs the square."""
    for start in range(0, len(content), CHUNK_BYTES):
        piece = content[start : start + CHUNK_BYTES]
        yield piece
        told(len(piece))


def _read(read: Callable[[int], bytes | None], size_bytes: int) -> bytes:
    """So many bytes, fewer only at the end: one system call does not take more than two gigabytes."""
    found = read(size_bytes) or b""
    while found and len(found) < size_bytes and (more := read(size_bytes - len(found))):
        found += more
    return found
