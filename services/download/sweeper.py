"""Background tasks that do what is due by the database's clock, in batches, in any number of processes (R43)."""

from datetime import datetime, timedelta
from functools import partial

from services.contracts.download import RecipientReport
from services.download.deps import Deps
from services.download.domain.delivery import Delivery
from services.download.domain.link import Link
from services.download.domain.mails import LinkMailContent, remind_by_calendar
from services.kit.aggregate import Change
from services.kit.service import PeriodicTask

BATCH = 100
LATE_EXTENSIONS = timedelta(seconds=30)
"""How long after the end a transfer is closed: the event of an extension of the last moment may still be on its way."""


async def settle(deps: Deps) -> None:
    """Count the downloads whose lease ended inside their last MiB."""
    for id in await deps.links.all.due_ids("settles_at", limit=BATCH):
        await deps.links.all.update(id, lambda link, now: link.settle(now))


async def remind(deps: Deps) -> None:
    """Remind recipients who have downloaded nothing, once, shortly before the end."""
    for id in await deps.links.all.due_ids("remind_at", limit=BATCH):
        link = await deps.links.all.get(id)
        delivery, _ = await deps.deliveries.read(link.transfer)
        if not delivery.is_open_to(link.recipient.address):
            await deps.links.all.update(id, lambda link, _now: (link.without_reminder(), []))
            continue
        content = deps.links.mail_content(link, await deps.contents.get(link.transfer))
        await deps.links.all.update(id, _reminder(content))


async def expire(deps: Deps) -> None:
    """Close transfers whose end date has passed, and send the closing report."""
    for transfer in await deps.deliveries.all.due_ids("ends_at", {"closing": None}, limit=BATCH):
        delivery, now = await deps.deliveries.read(transfer)
        if delivery.ends_at is not None and now < delivery.ends_at + LATE_EXTENSIONS:
            continue
        late = delivery.ends_at is None or now >= delivery.ends_at + deps.policy.grace_after_end
        if not late and await deps.links.are_busy(transfer, now):
            continue  # a download that was begun before the end may finish (R39)
        await deps.deliveries.all.update(transfer, _expiry(await _report(deps, transfer, now)))


async def _report(deps: Deps, transfer: str, now: datetime) -> tuple[RecipientReport, ...]:
    """Return how many files each recipient has downloaded, after settling their links."""
    files_in_all, report = len((await deps.contents.get(transfer)).files), list[RecipientReport]()
    async for link in deps.links.of(transfer):
        after = await deps.links.all.update(link.id, lambda link, now: link.settle(now))
        downloaded = after.files_downloaded(now)
        report.append(
            RecipientReport(recipient=link.recipient.address, files_downloaded=downloaded, files_in_all=files_in_all)
        )
    return tuple(report)


async def forget(deps: Deps) -> None:
    """Remove what was kept long enough; the delivery last, so that the next sweep continues after a crash."""
    for transfer in await deps.deliveries.all.due_ids("forget_at", limit=BATCH):
        gone = [await deps.links.all.remove(link.id) async for link in deps.links.of(transfer)]
        if all(gone):
            await deps.contents.all.remove(transfer)
            await deps.deliveries.all.remove(transfer)


def _reminder(content: LinkMailContent) -> Change[Link]:
    return lambda link, now: remind_by_calendar(link, content, now)


def _expiry(report: tuple[RecipientReport, ...]) -> Change[Delivery]:
    return lambda delivery, now: delivery.expire(report, now)


def periodic_tasks(deps: Deps) -> list[PeriodicTask]:
    """Return the tasks, each with its period in seconds."""
    return [
        PeriodicTask("settle", 10, partial(settle, deps)),
        PeriodicTask("expire", 5, partial(expire, deps)),
        PeriodicTask("remind", 60, partial(remind, deps)),
        PeriodicTask("forget", 600, partial(forget, deps)),
    ]
