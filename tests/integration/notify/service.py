"""Notify without its process: the real database, and a mailer that does as it is told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from email.headerregistry import Address
from uuid import uuid4
from zoneinfo import ZoneInfo

from services.kit.clock import monotonic_seconds
from services.kit.mongo import Database
from services.notify.deps import Deps
from services.notify.domain import AT_ONCE, Mail
from services.notify.letters.letter import Stationery
from services.notify.letters.secretary import Secretary
from services.notify.post.breaker import Breaker
from services.notify.post.mailer import Mailer
from services.notify.postman import Postman
from services.notify.store import Digests, Mails, Standings

SECRETARY = Secretary(Stationery(ZoneInfo("Europe/Paris")), "https://m.example")
FROM = Address("Mélanissimo", "post", "melanissimo.example")


async def nothing_waits() -> None:
    """No fact waited when the process started."""


def deps_on(
    database: Database,
    mailer: Mailer,
    concurrency: int = 4,
    caught_up: Callable[[], Awaitable[None]] = nothing_waits,
) -> Deps:
    breaker, mails = Breaker(monotonic_seconds), Mails(database)
    digests, standings = Digests(database), Standings(database, mails)
    return Deps(mails, digests, standings, SECRETARY, mailer, breaker, FROM, concurrency, caught_up)


def another(deps: Deps) -> Deps:
    """What a second process would have: the same database, a postman and a breaker of its own."""
    return replace(deps, breaker=Breaker(monotonic_seconds))


@asynccontextmanager
async def walking(*rounds: Deps) -> AsyncIterator[list[asyncio.Task[None]]]:
    """A postman for each, until the end of the block."""
    tasks = [asyncio.create_task(_walk(Postman(deps))) for deps in rounds]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _walk(postman: Postman) -> None:
    while True:
        await postman.once()


async def of(deps: Deps, transfer: str) -> list[Mail]:
    return await deps.mails.all.find({"transfer": transfer}, limit=1000)


async def make_due(deps: Deps, transfer: str) -> None:
    """Time is moved, never slept: what is delayed is due now."""
    for mail in await of(deps, transfer):
        if mail.next_at is not None:
            await deps.mails.all.update(mail.id, lambda there, _now: (there.evolve(next_at=AT_ONCE), []))


def new_transfer() -> str:
    return str(uuid4())
