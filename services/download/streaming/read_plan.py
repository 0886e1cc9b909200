"""What is a range made of? Parts of files, in whole or in part, and the bytes that an archive puts between them."""

from collections.abc import Iterable
from typing import NamedTuple

from services.contracts.values import Part, SentFile
from services.download.domain.ranges import Range

BATCH_BYTES = 1024 * 1024
BATCH_PIECES = 16


class Slice(NamedTuple):
    """A part of a file that holds bytes of a range: where it lies in the object, and which of its bytes are wanted."""

    file: SentFile
    part: Part
    offset: int
    wanted: Range


Piece = bytes | Slice
Batch = list[Piece]


def slices_of(file: SentFile, span: Range) -> list[Slice]:
    """The parts that cover a range, in order."""
    found, offset = [], 0
    for part in file.parts:
        start, stop = max(span[0] - offset, 0), min(span[1] - offset, part.size_bytes)
        if start < stop:
            found.append(Slice(file, part, offset, (start, stop)))
        offset += part.size_bytes
    return found


def batches_of(pieces: Iterable[Piece]) -> list[Batch]:
    """What is read in one go: small files with what stands between them, and any other part alone."""
    found: list[Batch] = []
    for piece in pieces:
        if not found or not _fits(found[-1], piece):
            found.append([])
        found[-1].append(piece)
    return found


def held_bytes(batch: Iterable[Piece]) -> int:
    """How much memory it takes: a part is read whole, however little of it is wanted."""
    return sum(one.part.size_bytes if isinstance(one, Slice) else len(one) for one in batch)


def _fits(batch: Batch, piece: Piece) -> bool:
    files = [one.file.file for one in (*batch, piece) if isinstance(one, Slice)]
    small = held_bytes((*batch, piece)) <= BATCH_BYTES
    return small and len(batch) < BATCH_PIECES and len(set(files)) == len(files)
