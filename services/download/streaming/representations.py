"""What does a capability open? The bytes of a file, or of an archive made on the way: said, booked and read alike."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from services.contracts.values import SentFile
from services.download.domain.attempts import ArchiveAttempt, DownloadAttempt, FileAttempt
from services.download.domain.contents import line_of
from services.download.domain.ranges import Range
from services.download.streaming.headers import RepresentationMetadata
from services.download.streaming.read_plan import Piece, slices_of
from services.download.zip.layout import ZipLayout

ZIP = "application/zip"


class Representation(NamedTuple):
    """What is said of the bytes, where they are booked, and of which pieces a range of them is made."""

    body: RepresentationMetadata
    attempt: DownloadAttempt
    pieces: Callable[[Range], Iterable[Piece]]


def file_opened(file: SentFile, id: str) -> Representation:
    """One file."""
    body = RepresentationMetadata(
        file.path, file.size_bytes, f'"{file.sha256}"', sha256=file.sha256, modified_at=file.modified_at
    )
    return Representation(body, FileAttempt(line_of(file), file.file, id), lambda span: slices_of(file, span))


def archive_opened(layout: ZipLayout, name: str, id: str) -> Representation:
    """Several files at once."""
    body = RepresentationMetadata(name, layout.size_bytes, layout.etag, ZIP)
    return Representation(body, ArchiveAttempt(layout.bundle, id), lambda span: _pieces(layout, span))


def _pieces(layout: ZipLayout, span: Range) -> Iterable[Piece]:
    for one in layout.segments(span):
        if isinstance(one, bytes):
            yield one
        else:
            yield from slices_of(one.file, one.span)
