"""Which reads a range needs: parts of files, whole or in part, and the bytes that an archive puts between them."""

from collections.abc import Iterable
from typing import NamedTuple

from services.contracts.values import Part, SentFile
from services.download.domain.ranges import Range

BATCH_BYTES = 1024 * 1024
BATCH_PIECES = 16


class PartSlice(NamedTuple):
    """A part of a file with bytes of the range: where it begins in the object, and which of its bytes are wanted."""

    file: SentFile
    part: Part
    offset: int
    wanted: Range


Piece = bytes | PartSlice
Batch = list[Piece]


def part_slices(file: SentFile, span: Range) -> list[PartSlice]:
    """Return the parts of a file that cover a range of it, in order."""
    found, offset = [], 0
    for part in file.parts:
        start, stop = max(span[0] - offset, 0), min(span[1] - offset, part.size_bytes)
        if start < stop:
            found.append(PartSlice(file, part, offset, (start, stop)))
        offset += part.size_bytes
    return found


def batches_of(pieces: Iterable[Piece]) -> list[Batch]:
    """Group what is read at once: small files with the bytes between them; a larger part alone."""
    found: list[Batch] = []
    for piece in pieces:
        if not found or not _fits(found[-1], piece):
            found.append([])
        found[-1].append(piece)
    return found


def memory_bytes(batch: Iterable[Piece]) -> int:
    """Return how much memory it takes: a part is read whole, however little of it is wanted."""
    return sum(one.part.size_bytes if isinstance(one, PartSlice) else len(one) for one in batch)


def _fits(batch: Batch, piece: Piece) -> bool:
    files = [one.file.file for one in (*batch, piece) if isinstance(one, PartSlice)]
    is_small = memory_bytes((*batch, piece)) <= BATCH_BYTES
    return is_small and len(batch) < BATCH_PIECES and len(set(files)) == len(files)
