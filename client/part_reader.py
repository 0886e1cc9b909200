"""Read a file once: yield its parts, and compute the SHA-256 of the whole; each part is hashed by another thread."""

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
    """A part of a file with its digests; numbers start at 1."""

    number: int
    content: bytes
    sha256: str
    crc32: int

    @classmethod
    def of(cls, number: int, content: bytes) -> Self:
        """Hash the content; this releases the GIL."""
        return cls(number, content, hashlib.sha256(content).hexdigest(), zlib.crc32(content))

    @property
    def headers(self) -> dict[str, str]:
        """The headers of its upload."""
        return {
            "Content-Length": str(len(self.content)),
            "Content-Type": "application/octet-stream",
            "X-Part-CRC32": f"{self.crc32:08x}",
        }

    def path(self, parts_url: str) -> str:
        """Return the path of its upload: the store compares the digest in it with the content."""
        return f"{parts_url}/{self.number}/{self.sha256}"


class PartReader:
    """Splits a file into parts while it hashes the whole; `sha256` is final after the last part."""

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
        """Yield each part with its number; raise `FileChanged` when the file is written to meanwhile."""
        left = self._size_bytes
        with self._path.open("rb", buffering=0) as stream:
            modified_ns = os.fstat(stream.fileno()).st_mtime_ns
            for number in range(1, self._part_count + 1):
                wanted = min(left, self._part_size_bytes)
                content = _read(stream.read, wanted)
                if len(content) < wanted:
                    raise FileChanged(str(self._path))
                left -= wanted
                self._whole.update(content)
                yield number, content
            if stream.read(1) or os.fstat(stream.fileno()).st_mtime_ns != modified_ns:
                raise FileChanged(str(self._path))


def chunks(content: bytes, on_chunk: Callable[[int], None] = lambda _size: None) -> Iterator[bytes]:
    """Yield the content in chunks that a socket accepts at once; call `on_chunk` with the size of each one taken.

    A larger write is taken piecewise, and copying the rest each time would cost the square of its size.
    """
    for start in range(0, len(content), CHUNK_BYTES):
        chunk = content[start : start + CHUNK_BYTES]
        yield chunk
        on_chunk(len(chunk))


def _read(read: Callable[[int], bytes | None], size_bytes: int) -> bytes:
    """Read so many bytes, fewer only at the end of the file: one system call reads at most 2 GiB."""
    found = read(size_bytes) or b""
    while found and len(found) < size_bytes and (more := read(size_bytes - len(found))):
        found += more
    return found
