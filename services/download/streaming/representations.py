"""What a capability opens: the representation of a file, or of an archive that is made while it is read."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from services.contracts.values import SentFile
from services.download.domain.contents import summary_of
from services.download.domain.link import ArchiveAttempt, DownloadAttempt, FileAttempt
from services.download.domain.ranges import Range
from services.download.streaming.headers import RepresentationMetadata
from services.download.streaming.read_plan import Piece, part_slices
from services.download.zip.layout import ZipLayout

ZIP = "application/zip"


class Representation(NamedTuple):
    """What the headers say of the bytes, the attempt they are recorded under, and the pieces of any range of them."""

    metadata: RepresentationMetadata
    attempt: DownloadAttempt
    pieces: Callable[[Range], Iterable[Piece]]


def file_representation(file: SentFile, id: str) -> Representation:
    """Return that of one file, for the download with this id."""
    etag = f'"{file.sha256}"'
    metadata = RepresentationMetadata(
        file.path, file.size_bytes, etag, sha256=file.sha256, modified_at=file.modified_at
    )
    attempt = FileAttempt(summary_of(file), file.file, id)
    return Representation(metadata, attempt, lambda span: part_slices(file, span))


def archive_representation(layout: ZipLayout, name: str, id: str) -> Representation:
    """Return that of an archive, for the download with this id."""
    metadata = RepresentationMetadata(name, layout.size_bytes, layout.etag, ZIP)
    return Representation(metadata, ArchiveAttempt(layout.contents, id), lambda span: _pieces(layout, span))


def _pieces(layout: ZipLayout, span: Range) -> Iterable[Piece]:
    for one in layout.segments(span):
        if isinstance(one, bytes):
            yield one
        else:
            yield from part_slices(one.file, one.span)
