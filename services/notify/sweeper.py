"""What happens because time passed? The daily mail about downloads is written, old mails are forgotten."""

from datetime import datetime

from services.kit.aggregate import Decision
from services.notify.deps import Deps
from services.notify.domain import Digest, turn


async def write_digests(deps: Deps) -> None:
    """One mail a day and transfer; a crash between any two steps repeats the step and not the mail."""
    for transfer in await deps.digests.due():
        await _turn(deps, await deps.digests.all.get(transfer))


async def _turn(deps: Deps, digest: Digest) -> None:
    if digest.closing and (fetches := await deps.digests.told_in(digest)):
        about = str(digest.closing)
        await deps.mails.post(deps.secretary.to_sender("digest", digest.reference, about=about, fetches=fetches))

    def turned(there: Digest, now: datetime) -> Decision[Digest]:
        return turn(there, digest, now)

    await deps.digests.all.update(digest.id, turned)


async def forget_old(deps: Deps) -> None:
    """Forget what is long done with; until then an event heard again sends nothing again."""
    for id in await deps.mails.all.due_ids("forget_at"):
        await deps.mails.all.remove(id)
    for id in await deps.digests.all.due_ids("forget_at"):
        await deps.digests.all.remove(id)
    for id in await deps.standings.all.due_ids("forget_at"):
        await deps.standings.all.remove(id)
