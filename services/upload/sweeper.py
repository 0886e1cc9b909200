"""Apply what is due: discard old drafts, close overdue transfers, remove bytes, delete history (R43)."""

import asyncio

from services.kit.logs import logger
from services.kit.metrics import Counter
from services.kit.refusals import NotFound, Unavailable
from services.upload.deps import Deps
from services.upload.domain.lifecycle import after_removal, apply_time, due_removals, is_forgettable
from services.upload.domain.transfer import PendingRemoval

CONCURRENT_REMOVALS = 8

objects_removed = Counter("upload_objects_removed", "Objects and multipart uploads that were due for removal")


async def sweep(deps: Deps) -> None:
    """Process every transfer that is due by the database's clock; several instances may do so at once."""
    while ids := await deps.transfers.due():
        outcomes = [await _process(deps, id) for id in ids]
        if not any(outcomes):
            return


async def _process(deps: Deps, id: str) -> bool:
    """Process one transfer; return false if nothing could be done, so that `sweep` does not loop for ever."""
    try:
        transfer = await deps.transfers.update(
            id, lambda state, now: (apply_time(state, deps.transfers.retention, now), [])
        )
        if transfer.pending_removals:
            return await _remove_bytes(deps, id)
        _, now = await deps.transfers.read(id)
        return is_forgettable(transfer, deps.transfers.retention, now) and await deps.transfers.forget(id)
    except NotFound:
        return False
    except Unavailable:
        raise
    except Exception:
        # One document that cannot be read must not keep the others from being swept.
        logger().warning("a transfer could not be swept", exc_info=True)
        return False


async def _remove_bytes(deps: Deps, id: str) -> bool:
    """Remove the bytes that are due, check that they are gone, and record it; every step may be repeated."""
    transfer, now = await deps.transfers.read(id)
    due = due_removals(transfer, now)
    slots = asyncio.Semaphore(CONCURRENT_REMOVALS)

    async def remove(removal: PendingRemoval) -> bool:
        async with slots:
            return await deps.uploads.remove(removal.key, removal.upload_id)

    gone = await asyncio.gather(*(remove(removal) for removal in due))
    keys = {removal.key for removal, is_gone in zip(due, gone, strict=True) if is_gone}
    if len(keys) < len(due):
        logger().warning("some bytes are still there after their removal", count=len(due) - len(keys))
    objects_removed.inc(len(keys))
    await deps.transfers.update(id, lambda state, now: (after_removal(state, keys, deps.transfers.retention, now), []))
    return bool(keys)
