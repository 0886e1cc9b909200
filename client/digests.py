"""One pass over a file: each part with its SHA-256 and CRC-32, and the SHA-256 of the whole."""

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from client.problem import FileChanged

PIECE_BYTES = 256 * 1024


@dataclass(frozen=True)
class Cut:
    """A part as it was read; numbers begin at one."""

    number: int
    content: bytes
    sha256: str
    crc32: int


class Cutter:
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

    def __iter__(self) -> Iterator[Cut]:
        left = self._size_bytes
        with self._path.open("rb") as stream:
            for number in range(1, self._part_count + 1):
                content = stream.read(min(left, self._part_size_bytes))
                left -= len(content)
                self._whole.update(content)
                yield Cut(number, content, hashlib.sha256(content).hexdigest(), zlib.crc32(content))
            if left or stream.read(1):
                raise FileChanged(str(self._path))


def pieces(content: bytes) -> Iterator[bytes]:
    """The same bytes in pieces that a socket takes in one go: a rest that is copied each time costs the square."""
    for start in range(0, len(content), PIECE_BYTES):
        yield content[start : start + PIECE_BYTES]
