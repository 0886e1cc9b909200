"""What happens because time passed? Links and sessions past their end are forgotten, in bounded batches (R43)."""

from services.auth.deps import Deps

EVERY_SECONDS = 60
BATCH = 200
BATCHES = 50


async def forget(deps: Deps) -> None:
    """Remove what is due by the database's clock; what is left after fifty batches waits for the next round."""
    for _ in range(BATCHES):
        if await deps.admissions.forget(BATCH) < BATCH:
            return
