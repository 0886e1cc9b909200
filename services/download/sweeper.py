"""What happened at the counter because time passed? By the database's clock, in batches, any number of instances."""

from datetime import datetime, timedelta
from functools import partial

from services.contracts.download import RecipientReport
from services.download.deps import Deps
from services.download.domain.delivery import Delivery
from services.download.domain.link import Link
from services.download.domain.mails import LinkMailContent, remind_by_calendar
from services.download.offers import offer_of
from services.kit.aggregate import Change
from services.kit.service import PeriodicTask

BATCH = 100
EXTENSION_ON_ITS_WAY = timedelta(seconds=30)
"""How long after the end it is noted: an extension of the last moment may not have been heard of yet."""


async def settle(deps: Deps) -> None:
    """Downloads that died inside their last MiB, and were not resumed in time, count."""
    for id in await deps.links.all.due_ids("settles_at", limit=BATCH):
        await deps.links.all.update(id, lambda link, now: link.settle(now))


async def remind(deps: Deps) -> None:
    """Recipients who have fetched nothing hear of it once, shortly before the end."""
    for id in await deps.links.all.due_ids("remind_at", limit=BATCH):
        link = await deps.links.all.get(id)
        delivery, _ = await deps.deliveries.read(link.transfer)
        if not delivery.is_open_to(link.recipient.address):
            await deps.links.all.update(id, lambda link, _now: (link.unreminded(), []))
            continue
        offer = offer_of(deps, link, await deps.contents.get(link.transfer))
        await deps.links.all.update(id, _reminder(offer))


async def expire(deps: Deps) -> None:
    """Transfers whose last day is over are closed, and the closing report goes out."""
    for transfer in await deps.deliveries.all.due_ids("ends_at", {"closing": None}, limit=BATCH):
        delivery, now = await deps.deliveries.read(transfer)
        if delivery.ends_at is not None and now < delivery.ends_at + EXTENSION_ON_ITS_WAY:
            continue
        late = delivery.ends_at is None or now >= delivery.ends_at + deps.policy.finishing
        if not late and await deps.links.are_busy(transfer, now):
            continue  # a download begun before the end may finish (R39)
        await deps.deliveries.all.update(transfer, _expiry(await _report(deps, transfer, now)))


async def _report(deps: Deps, transfer: str, now: datetime) -> tuple[RecipientReport, ...]:
    """Who fetched how many files; what died inside its last MiB is settled before."""
    files_in_all, report = len((await deps.contents.get(transfer)).files), list[RecipientReport]()
    async for link in deps.links.of(transfer):
        after = await deps.links.all.update(link.id, lambda link, now: link.settle(now))
        fetched = after.files_downloaded(now)
        report.append(
            RecipientReport(recipient=link.recipient.address, files_downloaded=fetched, files_in_all=files_in_all)
        )
    return tuple(report)


async def forget(deps: Deps) -> None:
    """What happened is forgotten when it was kept long enough; the delivery goes last, so that a crash is caught up."""
    for transfer in await deps.deliveries.all.due_ids("forget_at", limit=BATCH):
        gone = [await deps.links.all.remove(link.id) async for link in deps.links.of(transfer)]
        if all(gone):
            await deps.contents.all.remove(transfer)
            await deps.deliveries.all.remove(transfer)


def _reminder(offer: LinkMailContent) -> Change[Link]:
    return lambda link, now: remind_by_calendar(link, offer, now)


def _expiry(report: tuple[RecipientReport, ...]) -> Change[Delivery]:
    return lambda delivery, now: delivery.expire(report, now)


def loops(deps: Deps) -> list[PeriodicTask]:
    """What is looked at, and how often."""
    return [
        PeriodicTask("settle", 10, partial(settle, deps)),
        PeriodicTask("expire", 5, partial(expire, deps)),
        PeriodicTask("remind", 60, partial(remind, deps)),
        PeriodicTask("forget", 600, partial(forget, deps)),
    ]
