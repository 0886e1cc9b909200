"""What may be done with a file of a draft? It is announced, sent in parts, resumed, completed, removed."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, StringConstraints

from services.kit.callers import Caller
from services.kit.events import Fact
from services.kit.refusals import NotFound
from services.upload.api.cards import CompleteFileCard, FilePlanCard
from services.upload.api.views import answer, complete_view, file_view
from services.upload.api.wiring import PREFIX, Asking, Id, Wired
from services.upload.arrivals import new_key
from services.upload.deps import Deps
from services.upload.domain.files import Announcement, admit, announce, completed, known, same_digest, without_file
from services.upload.domain.transfer import File, Transfer, open_draft
from services.upload.store import Seen

router = APIRouter(prefix=f"{PREFIX}/drafts/{{draft}}/files/{{file}}")


class Whole(BaseModel):
    """The digest of a whole file, in lower-case hex."""

    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


@router.put("", response_model=FilePlanCard)
async def expect(draft: Id, file: Id, asked: Announcement, deps: Wired, caller: Asking) -> Response:
    """Announce a file under an id that the client chose; again answers the same file and what has arrived of it."""
    id, key = str(file), new_key(str(draft))
    upload_id = await _begin(deps, str(draft), id, asked, key, caller)
    placed = None
    try:
        after, now = await deps.transfers.update_at(
            str(draft),
            lambda state, now: (
                announce(open_draft(caller.address, state), id, asked, key, upload_id, deps.limits, now),
                [],
            ),
        )
        placed = after.file(id)
    finally:
        if upload_id and (placed is None or placed.key != key):
            await deps.arrivals.give_up(key, upload_id)
    return await _where(deps, after, id, now, is_new=placed.key == key)


@router.get("", response_model=FilePlanCard)
async def resume(draft: Id, file: Id, deps: Wired, caller: Asking) -> Response:
    """Where the file's parts go, under a fresh capability, and which of them have arrived."""
    state, now = await deps.transfers.read(str(draft))
    return await _where(deps, open_draft(caller.address, state), str(file), now)


@router.post("/completion", response_model=CompleteFileCard)
async def complete(draft: Id, file: Id, whole: Whole, deps: Wired, caller: Asking) -> Response:
    """Say that all of it was sent; refuses with the numbers of the parts that have not arrived. Again: the same."""
    async with deps.arrivals.turn(f"{draft}/{file}"):
        seen = await deps.transfers.read(str(draft))
        announced = open_draft(caller.address, seen[0]).file(str(file))
        if announced.state == "complete":
            return answer(complete_view(str(file), same_digest(announced, whole.sha256)))
        done = await deps.arrivals.complete(announced, whole.sha256)
        return answer(complete_view(str(file), await _record(deps, seen, str(file), done, caller)))


@router.delete("", status_code=204)
async def remove(draft: Id, file: Id, deps: Wired, caller: Asking) -> None:
    """Take a file out of the draft; its bytes are removed within seconds. Again changes nothing."""
    await deps.transfers.update(
        str(draft), lambda state, now: (without_file(open_draft(caller.address, state), str(file), now), [])
    )


async def _begin(deps: Deps, draft: str, file: str, asked: Announcement, key: str, caller: Caller) -> str | None:
    """A multipart upload for a file that needs one and may come in: what is refused begins nothing."""
    if asked.size_bytes <= deps.limits.smallest_part_bytes:
        return None
    own = open_draft(caller.address, (await deps.transfers.read(draft))[0])
    if known(own, file, asked, deps.limits):
        return None
    admit(own, asked, key, None, deps.limits)
    return await deps.arrivals.begin(key)


async def _record(deps: Deps, seen: Seen, file: str, done: File, caller: Caller) -> File:
    """Write down that the file is whole; the object of a file that was removed meanwhile goes at once."""

    def rule(state: Transfer, now: datetime) -> tuple[Transfer, list[Fact]]:
        return completed(open_draft(caller.address, state), file, done, now), []

    try:
        return (await deps.transfers.update(seen[0].id, rule, seen)).file(file)
    except NotFound:
        await deps.arrivals.remove(done.key, done.upload_id)
        raise


async def _where(deps: Deps, draft: Transfer, id: str, now: datetime, *, is_new: bool = False) -> Response:
    file = draft.file(id)
    arrived = {} if is_new else await deps.arrivals.of(file)
    capability, ends = deps.capabilities.issue(draft.id, id, now)
    return answer(file_view(id, file, capability, ends, arrived))
