"""What does a capability open? The bytes of a file, or of an archive made on the way: said, booked and read alike."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from services.contracts.values import SentFile
from services.download.archive.layout import Layout
from services.download.domain.attempts import ArchiveAttempt, Attempt, FileAttempt
from services.download.domain.contents import line_of
from services.download.domain.ranges import Range
from services.download.streams.headers import Body
from services.download.streams.pieces import Piece, slices_of

ZIP = "application/zip"


class Opened(NamedTuple):
    """What is said of the bytes, where they are booked, and of which pieces a range of them is made."""

    body: Body
    attempt: Attempt
    pieces: Callable[[Range], Iterable[Piece]]


def file_opened(file: SentFile, id: str) -> Opened:
    """One file."""
    body = Body(file.path, file.size_bytes, f'"{file.sha256}"', sha256=file.sha256, modified_at=file.modified_at)
    return Opened(body, FileAttempt(line_of(file), file.file, id), lambda span: slices_of(file, span))


def archive_opened(layout: Layout, name: str, id: str) -> Opened:
    """Several files at once."""
    body = Body(name, layout.size_bytes, layout.etag, ZIP)
    return Opened(body, ArchiveAttempt(layout.bundle, id), lambda span: _pieces(layout, span))


def _pieces(layout: Layout, span: Range) -> Iterable[Piece]:
    for one in layout.segments(span):
        if isinstance(one, bytes):
            yield one
        else:
            yield from slices_of(one.file, one.span)
