"""What a recipient with a link is shown."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from services.contracts.values import Person, SentFile
from services.download.domain.archive import refusal_to_start_archive
from services.download.domain.contents import Contents
from services.download.domain.delivery import Delivery
from services.download.domain.link import Link
from services.download.domain.quota import FileQuota
from services.download.zip.layout import ZipLayout
from services.download.zip.layout_cache import archive_name
from services.kit.text import ShortText

MAX_FILES = 2_000
Verification = Literal["declared", "verified"]
"""The digest is what its sender declared, or it was computed from what is stored."""


class SentFileResponse(BaseModel):
    """A file, and whether its digest was verified."""

    file: str = Field(description="Its id.")
    path: str = Field(description="With `/` between folders.")
    size_bytes: int
    sha256: str = Field(description="Lower-case hex.")
    verification: Verification = Field(
        description="Whether the digest is what the sender declared, or was computed from what is stored."
    )


class LinkFileResponse(SentFileResponse):
    """A file as its recipient sees it; `left` is how many more downloads may be started now.

    When none may, `refusal` names the reason as the problem type would.
    """

    left: int
    suspended: bool = Field(description="It was sent far too often; its sender can open it again.")
    refusal: str | None


class ArchiveResponse(BaseModel):
    """The archive of all files; `left` is how many more may be started now.

    When none may, `refusal` names the reason as the problem type would, and `files` the files in the way.
    """

    name: str = Field(description="To save it under.")
    size_bytes: int
    etag: str = Field(description="Of the bytes, as in the header `ETag`.")
    left: int
    refusal: str | None
    files: list[str]


class LinkResponse(BaseModel):
    """A transfer as one recipient sees it."""

    transfer: str = Field(description="Its id.")
    subject: str
    text: str
    sender: Person
    ends_at: datetime
    downloads_per_file: int = Field(description="How many downloads of each file the link allows.")
    files: list[LinkFileResponse]
    archive: ArchiveResponse


class DownloadStartResponse(BaseModel):
    """Where the bytes of a download are, until when, and how many more downloads may be started."""

    url: str = Field(description="Of the bytes.")
    size_bytes: int
    sha256: str = Field(description="Of the file, in lower-case hex.")
    expires_at: datetime = Field(description="When the URL ends.")
    left: int = Field(description="How many more may be started now.")
    state: Literal["running", "done"]


class DownloadEndResponse(BaseModel):
    """The state of a download that was given back; inside its last MiB it stays open for a resume."""

    state: Literal["running", "done", "given-back"]
    left: int = Field(description="How many more may be started now.")


class ArchiveRequest(BaseModel):
    """Which files the archive holds, by id; all of them by default."""

    files: list[ShortText] | None = Field(default=None, min_length=1, max_length=MAX_FILES)


class ArchiveStartResponse(BaseModel):
    """Where the bytes of an archive are, until when, and which files it holds."""

    url: str = Field(description="Of the bytes.")
    name: str = Field(description="To save it under.")
    size_bytes: int
    etag: str = Field(description="Of the bytes, as in the header `ETag`.")
    files: list[str] = Field(description="The ids of its files.")
    expires_at: datetime = Field(description="When the URL ends.")
    left: int = Field(description="How many more may be started now.")
    state: Literal["running", "done"]


def link_response(
    contents: Contents, delivery: Delivery, everything: ZipLayout, link: Link, now: datetime
) -> LinkResponse:
    """Return names, sizes and how many downloads are left."""
    files = everything.contents.files
    quotas = link.with_quotas(files).quotas_of(files)
    return LinkResponse(
        transfer=contents.id,
        subject=contents.reference.subject,
        text=contents.text,
        sender=contents.reference.sender,
        ends_at=link.ends_at,
        downloads_per_file=link.downloads_per_file,
        files=[_link_file(file, delivery, quotas[file.file], now) for file in contents.files],
        archive=_archive(contents, everything, quotas, now),
    )


def sent_file_response(file: SentFile, delivery: Delivery) -> SentFileResponse:
    """Return a file, and whether its digest was verified."""
    return SentFileResponse(
        file=file.file,
        path=file.path,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        verification="verified" if delivery.is_verified(file) else "declared",
    )


def archives_left(link: Link, files: Iterable[str], now: datetime) -> int:
    """Return how many more archives of these files, which have quotas, may be started now."""
    return min((quota.left(now) for quota in link.quotas_of(files).values()), default=0)


def _link_file(file: SentFile, delivery: Delivery, quota: FileQuota, now: datetime) -> LinkFileResponse:
    refusal = quota.refusal_to_start(now)
    return LinkFileResponse(
        **sent_file_response(file, delivery).model_dump(),
        left=quota.left(now),
        suspended=quota.is_suspended,
        refusal=refusal.slug() if refusal else None,
    )


def _archive(contents: Contents, layout: ZipLayout, quotas: dict[str, FileQuota], now: datetime) -> ArchiveResponse:
    refusal = refusal_to_start_archive(quotas, now)
    return ArchiveResponse(
        name=archive_name(contents, layout),
        size_bytes=layout.size_bytes,
        etag=layout.etag,
        left=0 if refusal else min((quota.left(now) for quota in quotas.values()), default=0),
        refusal=refusal.slug() if refusal else None,
        files=list(refusal.members.get("files", ())) if refusal else [],
    )
