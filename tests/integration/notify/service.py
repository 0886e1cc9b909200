"""Notify without its process: the real database, and a mailer that follows a script."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from email.headerregistry import Address
from uuid import uuid4
from zoneinfo import ZoneInfo

from services.kit.clock import monotonic_seconds
from services.kit.mongo import Database
from services.notify.content.composer import MailComposer
from services.notify.content.renderer import MailRenderer
from services.notify.deps import Deps
from services.notify.dispatcher import MailDispatcher
from services.notify.domain import DUE_NOW, Mail
from services.notify.hold import Hold
from services.notify.smtp.circuit_breaker import CircuitBreaker
from services.notify.smtp.mailer import Mailer
from services.notify.store import DailySummaries, Mails, TransferStatuses

COMPOSER = MailComposer(MailRenderer(ZoneInfo("Europe/Paris")), "https://m.example")
FROM = Address("Mélanissimo", "post", "melanissimo.example")


async def caught_up_already() -> None:
    """No event waited when the process started."""


def deps_on(
    database: Database,
    mailer: Mailer,
    concurrency: int = 4,
    caught_up: Callable[[], Awaitable[None]] = caught_up_already,
) -> Deps:
    breaker, mails = CircuitBreaker(monotonic_seconds), Mails(database)
    summaries, statuses = DailySummaries(database), TransferStatuses(database, mails)
    hold = Hold()
    hold.record(True, monotonic_seconds())
    return Deps(mails, summaries, statuses, COMPOSER, mailer, breaker, FROM, concurrency, caught_up, hold)


def another(deps: Deps) -> Deps:
    """The dependencies of a second process: the same database, a circuit breaker of its own."""
    return replace(deps, circuit_breaker=CircuitBreaker(monotonic_seconds))


@asynccontextmanager
async def dispatching(*processes: Deps) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Run a dispatcher for each, until the end of the block."""
    tasks = [asyncio.create_task(_run(MailDispatcher(deps))) for deps in processes]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _run(dispatcher: MailDispatcher) -> None:
    while True:
        await dispatcher.run_once()


async def mails_of(deps: Deps, transfer: str) -> list[Mail]:
    return await deps.mails.all.find({"transfer": transfer}, limit=1000)


async def make_due(deps: Deps, transfer: str) -> None:
    """Time is moved, never slept: what is delayed is due now."""
    for mail in await mails_of(deps, transfer):
        if mail.next_at is not None:
            await deps.mails.all.update(mail.id, lambda there, _now: (there.evolve(next_at=DUE_NOW), []))


def new_transfer() -> str:
    return str(uuid4())
