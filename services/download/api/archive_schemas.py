"""What is shown of the archive of everything?"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from services.download.domain.archiving import barred
from services.download.domain.contents import Contents
from services.download.domain.link import Link
from services.download.zip.layout import ZipLayout
from services.download.zip.layout_cache import archive_name
from services.kit.text import ShortText

MAX_FILES = 2_000


class ArchiveResponse(BaseModel):
    """Everything as one file; `left` is how many more may be started now.

    When none may, `refusal` says why as the problem type would, and `files` which files are in the way.
    """

    name: str
    size_bytes: int
    etag: str
    left: int
    refusal: str | None
    files: list[str]


class ArchiveRequest(BaseModel):
    """Which files the archive is to hold, by id; all of them unless said otherwise."""

    files: list[ShortText] | None = Field(default=None, min_length=1, max_length=MAX_FILES)


class ArchiveStartResponse(BaseModel):
    """Where the bytes of an archive are, until when, and which files it holds."""

    url: str
    name: str
    size_bytes: int
    etag: str
    files: list[str]
    expires_at: datetime
    left: int
    state: Literal["running", "done"]


def archive_response(contents: Contents, layout: ZipLayout, link: Link, now: datetime) -> ArchiveResponse:
    """How large it is, and whether it may be had: looking costs nothing."""
    lines = layout.bundle.lines
    link = link.with_quotas(lines)
    refusal = barred(link, lines, now)
    return ArchiveResponse(
        name=archive_name(contents, layout),
        size_bytes=layout.size_bytes,
        etag=layout.etag,
        left=0 if refusal else archives_left(link, lines, now),
        refusal=refusal.slug() if refusal else None,
        files=list(refusal.members.get("files", ())) if refusal else [],
    )


def archives_left(link: Link, files: Iterable[str], now: datetime) -> int:
    """How many more archives of these files, which have quotas, may be started now."""
    return min((quota.left(now) for quota in link.quotas_of(files).values()), default=0)
