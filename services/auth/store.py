"""Stores sign-ins, link quotas and challenges."""

from datetime import datetime
from typing import Any

from services.auth.domain import Challenge, OneTimeLinkUnknown, SignIn
from services.auth.link_quota import LinkQuota, new_quota
from services.kit.aggregate import Change
from services.kit.mongo import Database, Document, Repository
from services.kit.refusals import NotFound

NOTHING_TO_PUBLISH: Document = {"outbox": []}


class SignIns:
    """Sign-ins by the keyed hash of their link, which is also the id of the session."""

    def __init__(self, database: Database) -> None:
        self._repository: Repository[SignIn] = database.repository("sign_ins", SignIn)
        database.index("sign_ins", "forget_at")
        self.add = self._repository.add
        self.read = self._repository.read

    async def update(self, link: str, change: Change[SignIn]) -> SignIn:
        """Apply a rule to a sign-in; raise `OneTimeLinkUnknown` for an unknown id."""
        try:
            return await self._repository.update(link, change)
        except NotFound:
            raise OneTimeLinkUnknown() from None

    async def forget(self, limit: int) -> int:
        """Remove up to `limit` sign-ins past their retention; return their number."""
        return await _remove_due(self._repository, limit)


class LinkQuotas:
    """Link quotas by the keyed hash of the mailbox and the proof."""

    def __init__(self, database: Database) -> None:
        self._repository: Repository[LinkQuota] = database.repository("link_quotas", LinkQuota)
        self._now = database.now
        database.index("link_quotas", "forget_at")

    async def update(self, id: str, change: Change[LinkQuota]) -> LinkQuota:
        """Apply a rule to the quota of this id; create it first if it does not exist."""
        try:
            return await self._repository.update(id, change)
        except NotFound:
            await self._repository.add(new_quota(id, await self._now()))
            return await self._repository.update(id, change)

    async def forget(self, limit: int) -> int:
        """Remove up to `limit` quotas of which nothing was used for a day; return their number."""
        return await _remove_due(self._repository, limit)


async def _remove_due(repository: Repository[Any], limit: int) -> int:
    """Remove what is due by the database's clock and has no unpublished event."""
    due = await repository.due_ids("forget_at", NOTHING_TO_PUBLISH, limit=limit)
    for id in due:
        await repository.remove(id)
    return len(due)


class Challenges:
    """Challenges, until they are answered or expire."""

    def __init__(self, database: Database) -> None:
        self._documents = database.expiring_documents("challenges", expire_at="expires_at")

    async def add(self, id: str, challenge: Challenge, expires_at: datetime) -> None:
        """Store a challenge until `expires_at`."""
        await self._documents.add(id, {**challenge.model_dump(), "expires_at": expires_at})

    async def get(self, id: str) -> Challenge:
        """Return a challenge and leave it in place; raise `NotFound` for an unknown id."""
        found = await self._documents.get(id)
        if found is None:
            raise NotFound()
        return Challenge.model_validate(found)

    async def pop(self, id: str) -> Challenge | None:
        """Read and remove an unexpired challenge in one operation, so that only one caller gets it (R10)."""
        found = await self._documents.pop(id, "expires_at")
        return Challenge.model_validate(found) if found else None
