"""Removes what is past its retention, in bounded batches (R43)."""

from services.auth.deps import Deps

INTERVAL_SECONDS = 60
BATCH_SIZE = 200
MAX_BATCHES = 50


async def forget(deps: Deps) -> None:
    """Remove expired sign-ins and unused quotas; leave what exceeds `MAX_BATCHES` to the next run."""
    for store in (deps.sign_ins, deps.link_quotas):
        for _ in range(MAX_BATCHES):
            if await store.forget(BATCH_SIZE) < BATCH_SIZE:
                break
