"""What is shown to a recipient?"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from services.contracts.values import Person, SentFile
from services.download.archive.cards import ArchiveCard, archive_card
from services.download.archive.layout import Layout
from services.download.domain.contents import Contents
from services.download.domain.delivery import Delivery
from services.download.domain.link import Link
from services.download.domain.shelf import Shelf

Verification = Literal["declared", "verified"]
"""The digest is its sender's word, or it was computed of what is stored."""


class ContentCard(BaseModel):
    """A file and how sure its digest is."""

    file: str
    path: str
    size_bytes: int
    sha256: str
    verification: Verification


class FileCard(ContentCard):
    """A file as its recipient sees it; `left` is how many more downloads may be started now.

    When none may, `refusal` says why as the problem type would.
    """

    left: int
    suspended: bool
    refusal: str | None


class LinkCard(BaseModel):
    """A transfer as one recipient sees it."""

    transfer: str
    subject: str
    text: str
    sender: Person
    ends_at: datetime
    downloads_per_file: int
    files: list[FileCard]
    archive: ArchiveCard


class StartCard(BaseModel):
    """Where the bytes of a download are, until when, and how many more downloads may be started."""

    url: str
    size_bytes: int
    sha256: str
    expires_at: datetime
    left: int
    state: Literal["running", "done"]


class EndCard(BaseModel):
    """What became of a download that was given back; inside its last MiB it stays open for a resume."""

    state: Literal["running", "done", "given-back"]
    left: int


def link_card(contents: Contents, delivery: Delivery, everything: Layout, link: Link, now: datetime) -> LinkCard:
    """Names, sizes and what is left: looking costs nothing."""
    lines = everything.bundle.lines
    shelves = link.with_shelves(lines).known_shelves(lines)
    return LinkCard(
        transfer=contents.id,
        subject=contents.reference.subject,
        text=contents.text,
        sender=contents.reference.sender,
        ends_at=link.ends_at,
        downloads_per_file=link.downloads_per_file,
        files=[_file_card(file, delivery, shelves[file.file], now) for file in contents.files],
        archive=archive_card(contents, everything, link, now),
    )


def _file_card(file: SentFile, delivery: Delivery, shelf: Shelf, now: datetime) -> FileCard:
    barred = shelf.barred(now)
    return FileCard(
        **content_card(file, delivery).model_dump(),
        left=shelf.left(now),
        suspended=shelf.suspended,
        refusal=barred.slug() if barred else None,
    )


def content_card(file: SentFile, delivery: Delivery) -> ContentCard:
    """A file and how sure its digest is."""
    return ContentCard(
        file=file.file,
        path=file.path,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        verification="verified" if delivery.is_verified(file) else "declared",
    )
