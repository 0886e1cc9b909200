"""What happened because time passed? Drafts are given up, ends come about, bytes go, history is forgotten (R43)."""

import asyncio

from services.kit.logs import logger
from services.kit.metrics import Counter
from services.kit.refusals import NotFound, Unavailable
from services.upload.deps import Deps
from services.upload.domain.lifecycle import aged, forgettable, removable, removed
from services.upload.domain.transfer import Leftover

AT_ONCE = 8

objects_removed = Counter("upload_objects_removed", "Objects and multipart uploads whose file had to go")


async def sweep(deps: Deps) -> None:
    """Look at every transfer whose date has come, by the database's clock; several instances may do so at once."""
    while ids := await deps.transfers.due():
        outcomes = [await _look_at(deps, id) for id in ids]
        if not any(outcomes):
            return


async def _look_at(deps: Deps, id: str) -> bool:
    """Take one transfer a step further; false when nothing could be done, so that nobody runs in a circle."""
    try:
        transfer = await deps.transfers.update(id, lambda state, now: (aged(state, deps.transfers.keeping, now), []))
        if transfer.leftovers:
            return await _remove_bytes(deps, id)
        _, now = await deps.transfers.read(id)
        return forgettable(transfer, deps.transfers.keeping, now) and await deps.transfers.forget(id)
    except NotFound:
        return False
    except Unavailable:
        raise
    except Exception:
        # One document that cannot be read must not keep the others from being swept.
        logger().warning("a transfer could not be swept", exc_info=True)
        return False


async def _remove_bytes(deps: Deps, id: str) -> bool:
    """Marked before, removed here, seen to be gone, written down: each step may be done twice."""
    transfer, now = await deps.transfers.read(id)
    due = removable(transfer, now)
    room = asyncio.Semaphore(AT_ONCE)

    async def remove(leftover: Leftover) -> bool:
        async with room:
            return await deps.arrivals.remove(leftover.key, leftover.upload_id)

    gone = await asyncio.gather(*(remove(leftover) for leftover in due))
    keys = {leftover.key for leftover, is_gone in zip(due, gone, strict=True) if is_gone}
    if len(keys) < len(due):
        logger().warning("some bytes are still there after their removal", count=len(due) - len(keys))
    objects_removed.inc(len(keys))
    await deps.transfers.update(id, lambda state, now: (removed(state, keys, deps.transfers.keeping, now), []))
    return bool(keys)
