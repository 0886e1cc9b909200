"""What happens because time passed? Open decisions lapse, old ones are forgotten (R23, R43)."""

from services.kit.refusals import NotFound
from services.propagation.deps import Deps
from services.propagation.domain import lapse


async def lapse_overdue(deps: Deps) -> None:
    """Let every decision lapse whose last day is over; any number of sweepers may do it at once."""
    for transfer in await deps.propagations.overdue():
        try:
            await deps.propagations.all.update(transfer, lapse)
        except NotFound:
            continue


async def forget_old(deps: Deps) -> None:
    """Forget what has been kept long enough and has nothing left to announce."""
    for transfer in await deps.propagations.past_keeping():
        await deps.propagations.all.remove(transfer)
