"""The files of a draft: announced, restarted, assembled from parts, removed."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, StrictInt

from services.contracts.values import Part
from services.kit.refusals import Conflict, ContentTooLarge, NotFound, TooManyRequests, Unprocessable
from services.kit.text import LongText
from services.kit.timestamps import Timestamp
from services.upload.domain.crc import crc32_combine
from services.upload.domain.file_names import clean_path, refuse_extension, unique_path
from services.upload.domain.limits import Limits
from services.upload.domain.parts import part_bytes_of
from services.upload.domain.transfer import File, PendingRemoval, Transfer

DIGEST = re.compile(r"[0-9a-f]{64}")
MAX_LISTED_PARTS = 1_000
REMOVAL_RETRY_SECONDS = 10


class TransferTooLarge(ContentTooLarge):
    """The files together are larger than one transfer may be."""

    title_fr = "Les fichiers dépassent ensemble la taille permise pour un envoi."
    limit_bytes: int
    size_bytes: int
    problems: list[dict[str, Any]] | None


class TooManyFiles(Unprocessable):
    """There are more files than one transfer may hold."""

    title_fr = "Il y a plus de fichiers qu'un envoi ne peut en contenir."
    limit: int
    problems: list[dict[str, Any]] | None


class RemovalsUnderWay(TooManyRequests):
    """The files that you removed are still being deleted; add the next ones in a moment."""

    title_fr = "Les fichiers retirés sont encore en cours de suppression ; ajoutez les suivants dans un instant."
    limit: int


class FileAlreadyAnnounced(Conflict):
    """Another file was announced under this id."""

    title_fr = "Un autre fichier a été annoncé sous cet identifiant."
    path: str
    size_bytes: int


class FileAlreadyComplete(Conflict):
    """This file is complete; it takes no more parts."""

    title_fr = "Ce fichier est arrivé en entier ; il ne prend plus de morceaux."


class PartsMissing(Conflict):
    """Some parts of the file have not arrived."""

    title_fr = "Certains morceaux du fichier ne sont pas arrivés."
    parts: list[int]
    missing: int


class DigestDiffers(Conflict):
    """The digest is not that of the bytes that arrived; the file may have changed meanwhile."""

    title_fr = "L'empreinte n'est pas celle des octets reçus ; le fichier a peut-être changé entre-temps."


class Announcement(BaseModel):
    """A file to be uploaded: its path with `/` between folders, its size in bytes.

    `small_parts` asks for the smallest parts that the store takes, for connections that break before a larger part
    has arrived.
    """

    path: LongText
    size_bytes: Annotated[StrictInt, Field(ge=0, lt=2**63)]
    modified_at: Timestamp | None = None
    small_parts: bool = False


def announce(
    draft: Transfer, id: str, announcement: Announcement, key: str, upload_id: str | None, limits: Limits, now: datetime
) -> Transfer:
    """Return the draft with this file; the same draft if the file was announced before."""
    if find_announced(draft, id, announcement, limits):
        return draft
    return with_file(draft, id, new_file(draft, announcement, key, upload_id, limits), now)


def find_announced(draft: Transfer, id: str, announcement: Announcement, limits: Limits) -> File | None:
    """Return the file if it was announced before; refuse another file under the same id."""
    file = draft.files.get(id)
    if file and (
        file.size_bytes != announcement.size_bytes or file.requested_path != clean_path(announcement.path, limits)
    ):
        raise FileAlreadyAnnounced(path=file.path, size_bytes=file.size_bytes)
    return file


def new_file(draft: Transfer, announcement: Announcement, key: str, upload_id: str | None, limits: Limits) -> File:
    """Return a new file for this draft; refuse it by name, extension, number or size."""
    path = clean_path(announcement.path, limits)
    refuse_extension(path, limits)
    if len(draft.files) >= limits.files:
        raise TooManyFiles(limit=limits.files)
    if sum(not removal.removed_once for removal in draft.pending_removals) >= limits.files:
        raise RemovalsUnderWay(limit=limits.files, retry_after_seconds=REMOVAL_RETRY_SECONDS)
    refuse_too_large(draft.total_bytes + announcement.size_bytes, draft, limits)
    return File(
        requested_path=path,
        path=unique_path(path, (file.path for file in draft.files.values()), limits),
        size_bytes=announcement.size_bytes,
        modified_at=announcement.modified_at,
        part_bytes=part_bytes_of(announcement.size_bytes, limits, small=announcement.small_parts),
        key=key,
        upload_id=upload_id,
    )


def restart_upload(draft: Transfer, id: str, before: File, after: File, now: datetime) -> Transfer:
    """Return the draft with `after` in the place of `before`, whose bytes are marked for removal.

    Return the same draft if `before` was replaced or completed meanwhile. `updated_at` stays: asking for a file does
    not extend the life of a draft.
    """
    file = draft.file(id)
    if file.key != before.key or file.state == "complete":
        return draft
    removals = (*draft.pending_removals, *removals_of([file], now))
    return draft.evolve(files={**draft.files, id: after}, pending_removals=removals)


def refuse_too_large(size_bytes: int, draft: Transfer, limits: Limits) -> None:
    """Refuse a total size over the limit of the sender's role."""
    limit = limits.total_bytes.of(draft.sender.role)
    if size_bytes > limit:
        raise TransferTooLarge(limit_bytes=limit, size_bytes=size_bytes)


def with_file(draft: Transfer, id: str, file: File, now: datetime) -> Transfer:
    """Return the draft with this file added or replaced."""
    return draft.evolve(files={**draft.files, id: file}, updated_at=now)


def assemble(file: File, sha256: str, arrived: Mapping[int, Part]) -> File:
    """Return the file as complete; refuse with the numbers of the missing parts.

    `arrived` are the parts in the store with their announced digests. The digest of a file of one part must be that of
    the part; for others the declared digest is recorded, and the digests of the parts protect the bytes.
    """
    missing = [number for number in range(1, file.part_count + 1) if number not in arrived]
    if missing:
        raise PartsMissing(parts=missing[:MAX_LISTED_PARTS], missing=len(missing))
    parts = tuple(arrived[number] for number in range(1, file.part_count + 1))
    if len(parts) == 1 and parts[0].sha256 != sha256:
        raise DigestDiffers()
    crc32 = crc32_combine((part.crc32, part.size_bytes) for part in parts)
    stored_parts = parts if len(parts) > 1 else ()
    return file.model_copy(update={"state": "complete", "sha256": sha256, "crc32": crc32, "stored_parts": stored_parts})


def mark_complete(draft: Transfer, id: str, done: File, now: datetime) -> Transfer:
    """Return the draft with this file complete, or the same draft if it was; refuse if the file was replaced."""
    file = draft.file(id)
    if file.key != done.key:
        raise NotFound()
    if file.state == "complete":
        require_digest(file, done.sha256)
        return draft
    return with_file(draft, id, done, now)


def require_digest(file: File, sha256: str) -> File:
    """Return the complete file; refuse a digest that is not its own."""
    if file.sha256 != sha256:
        raise DigestDiffers()
    return file


def without_file(draft: Transfer, id: str, now: datetime) -> Transfer:
    """Return the draft without this file, whose bytes are marked for removal; the same draft if it has none."""
    if id not in draft.files:
        return draft
    kept = {other: file for other, file in draft.files.items() if other != id}
    removals = (*draft.pending_removals, *removals_of([draft.files[id]], now))
    return draft.evolve(files=kept, pending_removals=removals, updated_at=now)


def removals_of(files: Sequence[File], due_at: datetime) -> tuple[PendingRemoval, ...]:
    """Return the removals of the bytes of these files, due at that time."""
    return tuple(PendingRemoval(key=file.key, upload_id=file.upload_id, due_at=due_at) for file in files)
