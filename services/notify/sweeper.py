"""Periodic work: send daily summaries of downloads, delete old documents."""

from datetime import datetime

from services.kit.aggregate import Decision
from services.notify.deps import Deps
from services.notify.domain import DailySummary, roll_window


async def send_daily_summaries(deps: Deps) -> None:
    """Enqueue one mail for each transfer and day; after a crash a step is repeated, the mail is not."""
    for transfer in await deps.daily_summaries.due():
        await _summarise(deps, await deps.daily_summaries.all.get(transfer))


async def _summarise(deps: Deps, summary: DailySummary) -> None:
    if summary.closing and (downloads := await deps.daily_summaries.downloads_in(summary)):
        about = str(summary.closing)
        mail = deps.composer.to_sender("daily_summary", summary.reference, about=about, downloads=downloads)
        await deps.mails.enqueue(mail)

    def rolled(stored: DailySummary, now: datetime) -> Decision[DailySummary]:
        return roll_window(stored, summary, now)

    await deps.daily_summaries.all.update(summary.id, rolled)


async def forget_old(deps: Deps) -> None:
    """Delete documents whose retention is over; until then a repeated event sends nothing again."""
    for id in await deps.mails.all.due_ids("forget_at"):
        await deps.mails.all.remove(id)
    for id in await deps.daily_summaries.all.due_ids("forget_at"):
        await deps.daily_summaries.all.remove(id)
    for id in await deps.transfer_statuses.all.due_ids("forget_at"):
        await deps.transfer_statuses.all.remove(id)
