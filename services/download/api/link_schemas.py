"""What is shown to a recipient?"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from services.contracts.values import Person, SentFile
from services.download.api.archive_schemas import ArchiveResponse, archive_response
from services.download.domain.contents import Contents
from services.download.domain.delivery import Delivery
from services.download.domain.link import Link
from services.download.domain.quota import FileQuota
from services.download.zip.layout import ZipLayout

Verification = Literal["declared", "verified"]
"""The digest is its sender's word, or it was computed of what is stored."""


class SentFileResponse(BaseModel):
    """A file and how sure its digest is."""

    file: str
    path: str
    size_bytes: int
    sha256: str
    verification: Verification


class LinkFileResponse(SentFileResponse):
    """A file as its recipient sees it; `left` is how many more downloads may be started now.

    When none may, `refusal` says why as the problem type would.
    """

    left: int
    suspended: bool
    refusal: str | None


class LinkResponse(BaseModel):
    """A transfer as one recipient sees it."""

    transfer: str
    subject: str
    text: str
    sender: Person
    ends_at: datetime
    downloads_per_file: int
    files: list[LinkFileResponse]
    archive: ArchiveResponse


class DownloadStartResponse(BaseModel):
    """Where the bytes of a download are, until when, and how many more downloads may be started."""

    url: str
    size_bytes: int
    sha256: str
    expires_at: datetime
    left: int
    state: Literal["running", "done"]


class DownloadEndResponse(BaseModel):
    """What became of a download that was given back; inside its last MiB it stays open for a resume."""

    state: Literal["running", "done", "given-back"]
    left: int


def link_response(
    contents: Contents, delivery: Delivery, everything: ZipLayout, link: Link, now: datetime
) -> LinkResponse:
    """Names, sizes and what is left: looking costs nothing."""
    lines = everything.bundle.lines
    quotas = link.with_quotas(lines).quotas_of(lines)
    return LinkResponse(
        transfer=contents.id,
        subject=contents.reference.subject,
        text=contents.text,
        sender=contents.reference.sender,
        ends_at=link.ends_at,
        downloads_per_file=link.downloads_per_file,
        files=[_file_card(file, delivery, quotas[file.file], now) for file in contents.files],
        archive=archive_response(contents, everything, link, now),
    )


def _file_card(file: SentFile, delivery: Delivery, quota: FileQuota, now: datetime) -> LinkFileResponse:
    barred = quota.barred(now)
    return LinkFileResponse(
        **sent_file_response(file, delivery).model_dump(),
        left=quota.left(now),
        suspended=quota.suspended,
        refusal=barred.slug() if barred else None,
    )


def sent_file_response(file: SentFile, delivery: Delivery) -> SentFileResponse:
    """A file and how sure its digest is."""
    return SentFileResponse(
        file=file.file,
        path=file.path,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        verification="verified" if delivery.is_verified(file) else "declared",
    )
