"""Lets overdue decisions lapse and removes old ones (R23, R43)."""

from services.kit.refusals import NotFound
from services.propagation.deps import Deps
from services.propagation.domain import lapse


async def lapse_overdue(deps: Deps) -> None:
    """Let every overdue decision lapse; several processes may run this at the same time."""
    for transfer in await deps.propagations.overdue():
        try:
            await deps.propagations.all.update(transfer, lapse)
        except NotFound:
            continue


async def forget_old(deps: Deps) -> None:
    """Remove propagations that are past their retention and have no unpublished event."""
    for transfer in await deps.propagations.due_to_forget():
        await deps.propagations.all.remove(transfer)
