"""Where do links, sessions and human checks rest, and how are they found?"""

from datetime import datetime
from typing import Any

from services.auth.domain import Admission, Challenge, OneTimeLinkUnknown
from services.auth.mailboxes import Mailbox, fresh
from services.kit.aggregate import Change
from services.kit.mongo import Database, Document, Repository
from services.kit.refusals import NotFound

SETTLED: Document = {"outbox": []}


class Admissions:
    """Admissions by the keyed hash of their link, which is also the id of the session."""

    def __init__(self, database: Database) -> None:
        self._aggregates: Repository[Admission] = database.repository("admissions", Admission)
        database.index("admissions", "forget_at")
        self.add = self._aggregates.add
        self.read = self._aggregates.read

    async def update(self, link: str, change: Change[Admission]) -> Admission:
        """Apply a rule to a link; `OneTimeLinkUnknown` when there is none of this id."""
        try:
            return await self._aggregates.update(link, change)
        except NotFound:
            raise OneTimeLinkUnknown() from None

    async def forget(self, limit: int) -> int:
        """Remove up to `limit` of those whose time is over; how many there were."""
        return await _forget(self._aggregates, limit)


class Mailboxes:
    """What was sent to whom in the last day, by the keyed hash of the person."""

    def __init__(self, database: Database) -> None:
        self._aggregates: Repository[Mailbox] = database.repository("mailboxes", Mailbox)
        self._now = database.now
        database.index("mailboxes", "forget_at")

    async def update(self, id: str, change: Change[Mailbox]) -> Mailbox:
        """Apply a rule, to a fresh mailbox if this one is not known."""
        try:
            return await self._aggregates.update(id, change)
        except NotFound:
            await self._aggregates.add(fresh(id, await self._now()))
            return await self._aggregates.update(id, change)

    async def forget(self, limit: int) -> int:
        """Remove up to `limit` of those that were sent nothing for a day; how many there were."""
        return await _forget(self._aggregates, limit)


async def _forget(aggregates: Repository[Any], limit: int) -> int:
    """Due by the database's clock, with nothing left to announce."""
    due = await aggregates.due_ids("forget_at", SETTLED, limit=limit)
    for id in due:
        await aggregates.remove(id)
    return len(due)


class Challenges:
    """Human checks until they are answered or five minutes old, whichever comes first."""

    def __init__(self, database: Database) -> None:
        self._records = database.expiring_documents("challenges", expire_at="expires_at")

    async def add(self, id: str, challenge: Challenge, expires_at: datetime) -> None:
        """Keep it until `expires_at`."""
        await self._records.add(id, {**challenge.model_dump(), "expires_at": expires_at})

    async def look(self, id: str) -> Challenge:
        """Read it, which costs nothing; `NotFound` when there is none."""
        found = await self._records.get(id)
        if found is None:
            raise NotFound()
        return Challenge.model_validate(found)

    async def take(self, id: str) -> Challenge | None:
        """Read and remove it in one operation, while it lives by the database's clock: one caller only (R10)."""
        found = await self._records.pop(id, "expires_at")
        return Challenge.model_validate(found) if found else None
