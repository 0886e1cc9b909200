"""Endpoints of the files of a draft: announce, resume, complete, remove."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, StringConstraints

from services.contracts.values import Part
from services.kit.authentication import Caller
from services.kit.events import Event
from services.kit.objects import StoreUnavailable
from services.kit.refusals import NotFound, refuses
from services.upload.api.dependencies import OF_DRAFT, PREFIX, CurrentCaller, Id, Wired
from services.upload.api.schemas import CompleteFileResponse, FilePlanResponse
from services.upload.api.views import complete_file_view, file_plan_view, json_response
from services.upload.deps import Deps
from services.upload.domain.file_names import ExtensionRefused, NameNotAcceptable
from services.upload.domain.files import (
    Announcement,
    DigestDiffers,
    FileAlreadyAnnounced,
    PartsMissing,
    RemovalsUnderWay,
    TooManyFiles,
    TransferTooLarge,
    announce,
    find_announced,
    mark_complete,
    new_file,
    require_digest,
    restart_upload,
    without_file,
)
from services.upload.domain.parts import FileTooLarge, min_part_bytes, part_bytes_of
from services.upload.domain.transfer import File, Transfer, editable_by
from services.upload.file_uploads import new_object_key
from services.upload.store import Snapshot

router = APIRouter(prefix=f"{PREFIX}/drafts/{{draft}}/files/{{file}}")
NOT_ACCEPTABLE = (NameNotAcceptable, ExtensionRefused, FileTooLarge, TooManyFiles, TransferTooLarge)


class CompletionRequest(BaseModel):
    """The digest of a whole file, in lower-case hex."""

    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


@router.put("", response_model=FilePlanResponse)
@refuses(*OF_DRAFT, *NOT_ACCEPTABLE, FileAlreadyAnnounced, RemovalsUnderWay, StoreUnavailable)
async def announce_file(
    draft: Id, file: Id, announcement: Announcement, deps: Wired, caller: CurrentCaller
) -> Response:
    """Announce a file under an id chosen by the client; a repetition returns it with the parts that have arrived."""
    id, key = str(file), new_object_key(str(draft))
    upload_id = await _start_upload(deps, str(draft), id, announcement, key, caller)
    placed = None
    try:
        after, now = await deps.transfers.update_snapshot(
            str(draft),
            lambda state, now: (
                announce(editable_by(caller.address, state), id, announcement, key, upload_id, deps.limits, now),
                [],
            ),
        )
        placed = after.file(id)
    finally:
        if upload_id and (placed is None or placed.key != key):
            await deps.uploads.abort(key, upload_id)
    if placed.key == key:
        return _plan(deps, after, id, now, {})
    return await _file_plan(deps, (after, now), id, caller, small_parts=announcement.small_parts)


@router.get("", response_model=FilePlanResponse)
@refuses(*OF_DRAFT, StoreUnavailable)
async def get_file_plan(draft: Id, file: Id, deps: Wired, caller: CurrentCaller) -> Response:
    """Return the URL for the parts of a file, with a fresh capability, and the parts that have arrived."""
    return await _file_plan(deps, await deps.transfers.read(str(draft)), str(file), caller)


@router.post("/completion", response_model=CompleteFileResponse)
@refuses(*OF_DRAFT, PartsMissing, DigestDiffers, StoreUnavailable)
async def complete_file(
    draft: Id, file: Id, completion: CompletionRequest, deps: Wired, caller: CurrentCaller
) -> Response:
    """Complete a file; refuse with the numbers of the missing parts. A repetition returns the same."""
    async with deps.uploads.lock(f"{draft}/{file}"):
        snapshot = await deps.transfers.read(str(draft))
        announced = editable_by(caller.address, snapshot[0]).file(str(file))
        if announced.state == "complete":
            return json_response(complete_file_view(str(file), require_digest(announced, completion.sha256)))
        done = await deps.uploads.complete(announced, completion.sha256)
        return json_response(complete_file_view(str(file), await _record(deps, snapshot, str(file), done, caller)))


@router.delete("", status_code=204)
@refuses(*OF_DRAFT)
async def remove_file(draft: Id, file: Id, deps: Wired, caller: CurrentCaller) -> None:
    """Remove a file from the draft; its bytes are removed within seconds. A repetition changes nothing."""
    await deps.transfers.update(
        str(draft), lambda state, now: (without_file(editable_by(caller.address, state), str(file), now), [])
    )


async def _start_upload(
    deps: Deps, draft: str, file: str, announcement: Announcement, key: str, caller: Caller
) -> str | None:
    """Start a multipart upload for a new file that needs one; a file that is refused starts none."""
    if announcement.size_bytes <= min_part_bytes(deps.limits, small=announcement.small_parts):
        return None
    own = editable_by(caller.address, (await deps.transfers.read(draft))[0])
    if find_announced(own, file, announcement, deps.limits):
        return None
    new_file(own, announcement, key, None, deps.limits)
    return await deps.uploads.start(key)


async def _record(deps: Deps, snapshot: Snapshot, file: str, done: File, caller: Caller) -> File:
    """Record that the file is complete; remove the object at once if the file was removed meanwhile."""

    def rule(state: Transfer, now: datetime) -> tuple[Transfer, list[Event]]:
        return mark_complete(editable_by(caller.address, state), file, done, now), []

    try:
        return (await deps.transfers.update(snapshot[0].id, rule, snapshot)).file(file)
    except NotFound:
        await deps.uploads.remove(done.key, done.upload_id)
        raise


async def _file_plan(deps: Deps, snapshot: Snapshot, id: str, caller: Caller, *, small_parts: bool = False) -> Response:
    """Return the plan of a file; restart first an upload that the store has lost, or that is to have smaller parts."""
    draft, now = snapshot
    file = editable_by(caller.address, draft).file(id)
    arrived = await deps.uploads.received_parts(file)
    part_bytes = part_bytes_of(file.size_bytes, deps.limits, small=True) if small_parts else file.part_bytes
    if not arrived.parts and (arrived.is_lost(file) or part_bytes < file.part_bytes):
        lost_at = now if arrived.is_lost(file) and arrived.had_announced_parts else file.restarted_at
        after = file.model_copy(update={"part_bytes": min(part_bytes, file.part_bytes), "restarted_at": lost_at})
        draft, now = await _restart_upload(deps, draft.id, id, file, after, caller)
        arrived = await deps.uploads.received_parts(draft.file(id))
    return _plan(deps, draft, id, now, arrived.parts)


async def _restart_upload(deps: Deps, draft: str, id: str, before: File, after: File, caller: Caller) -> Snapshot:
    """Give a file a new object key, with a multipart upload if it needs one, in one write.

    The digests of its parts belong to the old key and are not used any more; the sweeper removes what arrives there.
    Nothing changes if the file was restarted, completed or removed meanwhile.
    """
    key = new_object_key(draft)
    upload_id = await deps.uploads.start(key) if after.part_count > 1 else None
    fresh = after.model_copy(update={"key": key, "upload_id": upload_id})
    is_placed = False
    try:
        snapshot = await deps.transfers.update_snapshot(
            draft, lambda state, now: (restart_upload(editable_by(caller.address, state), id, before, fresh, now), [])
        )
        is_placed = snapshot[0].file(id).key == key
    finally:
        if upload_id and not is_placed:
            await deps.uploads.abort(key, upload_id)
    return snapshot


def _plan(deps: Deps, draft: Transfer, id: str, now: datetime, arrived: Mapping[int, Part]) -> Response:
    capability, ends = deps.capabilities.seal(draft.id, id, now)
    return json_response(file_plan_view(id, draft.file(id), capability, ends, arrived))
