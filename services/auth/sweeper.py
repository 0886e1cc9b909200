"""What happens because time passed? What is past its end is forgotten, in bounded batches (R43)."""

from services.auth.deps import Deps

EVERY_SECONDS = 60
BATCH = 200
BATCHES = 50


async def forget(deps: Deps) -> None:
    """Remove links, sessions and counts that are over; what is left after fifty batches waits for the next round."""
    for kept in (deps.admissions, deps.mailboxes):
        for _ in range(BATCHES):
            if await kept.forget(BATCH) < BATCH:
                break
