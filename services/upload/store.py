"""Repositories of transfers, of their verifications, and of the digests of parts."""

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from services.contracts.values import Part
from services.kit.aggregate import Change
from services.kit.backoff import CONFLICT_BACKOFF
from services.kit.events import Event
from services.kit.listing import Order, map_each
from services.kit.mongo import Database, Document
from services.kit.pagination import Item, Page, PageRequest
from services.kit.refusals import Conflict, NotFound, Unavailable
from services.upload.domain.draft_edits import free_slots
from services.upload.domain.files import FileAlreadyComplete
from services.upload.domain.lifecycle import with_next_check
from services.upload.domain.limits import Limits, Retention
from services.upload.domain.transfer import File, PendingRemoval, Transfer
from services.upload.domain.verification import Verification, begin

LAST_UPDATED = Order("updated_at", latest_first=True)
LAST_SENT = Order("submitted_at", latest_first=True)
FILE_TOTALS: Document = {
    "files": {"$size": {"$objectToArray": "$files"}},
    "total_bytes": {
        "$sum": {"$map": {"input": {"$objectToArray": "$files"}, "as": "file", "in": "$$file.v.size_bytes"}}
    },
}
"""Totals of the files, computed by the database: a list of transfers never loads the files."""
DRAFT_PROJECTION: Document = {
    **dict.fromkeys(("subject", "created_at"), 1),
    **FILE_TOTALS,
    "recipients": {"$size": {"$setUnion": ["$to", "$cc", "$bcc"]}},
}
SENT_PROJECTION: Document = {
    **dict.fromkeys(("state", "outcome", "subject", "recipients", "ends_at", "closed_at"), 1),
    **FILE_TOTALS,
}
WITH_SLOT: Document = {"state": "draft", "slot": {"$gte": 0}}
SLOT_PROJECTION: Document = {"slot": 1, "_id": 0}
MAX_SLOTS = 10_000
MAX_ATTEMPTS = 60
BATCH_SIZE = 10
DIGEST_RETENTION = timedelta(days=60)


class PartDiffers(Conflict):
    """This part was announced with other bytes before; the file has changed, so remove it and add it again."""

    title_fr = "Ce morceau a déjà été annoncé avec d'autres octets ; le fichier a changé : ajoutez-le de nouveau."
    part: int


Snapshot = tuple[Transfer, datetime]
"""A transfer, and the database's time at which it had this state."""


class IncomingFile(NamedTuple):
    """A file of a draft that still takes parts, and the database's time."""

    file: File
    now: datetime


class Transfers:
    """Repository of drafts and transfers; every write sets the date of the next check by the sweeper."""

    def __init__(self, database: Database, retention: Retention) -> None:
        self._repository = database.repository("transfers", Transfer)
        self._database = database
        self.retention = retention
        database.index("transfers", "sender.address", "state", "updated_at", "_id")
        database.index("transfers", "sender.address", "submitted_at", "_id")
        database.index("transfers", "due_at")
        slot_key = ("sender.address", "state", "slot")
        database.index("transfers", *slot_key, unique=True, partialFilterExpression=WITH_SLOT)

    async def add(self, draft: Transfer) -> bool:
        """Insert a draft; return false if its id, or its slot, is taken."""
        return await self._repository.add(with_next_check(draft, self.retention))

    async def update(self, id: str, rule: Change[Transfer], snapshot: Snapshot | None = None) -> Transfer:
        """Apply a rule in one write and return the result; `snapshot` saves a read if the caller has just read it."""
        return (await self.update_snapshot(id, rule, snapshot))[0]

    async def update_snapshot(self, id: str, rule: Change[Transfer], snapshot: Snapshot | None = None) -> Snapshot:
        """Like `update`, but return the time of the decision too."""
        times: list[datetime] = []

        def change(before: Transfer, now: datetime) -> tuple[Transfer, Sequence[Event]]:
            times.append(now)
            after, events = rule(before, now)
            return (before if after == before else with_next_check(after, self.retention)), events

        return await self._repository.update(id, change, snapshot), times[-1]

    async def now(self) -> datetime:
        """Return the database's time, in UTC."""
        return await self._database.now()

    async def read(self, id: str) -> Snapshot:
        """Return the transfer and the database's time; `NotFound` for an unknown id."""
        return await self._repository.read(id)

    async def find(self, id: str) -> Transfer | None:
        """Return the transfer, or none."""
        found = await self._repository.find({"_id": id}, limit=1)
        return found[0] if found else None

    async def incoming_file(self, id: str, file: str) -> IncomingFile:
        """Read one file of a draft, without the rest of the draft; refuse a file that is complete."""
        found, now = await self._repository.project(id, "state", f"files.{file}")
        announced = found.get("files", {}).get(file)
        if found["state"] != "draft" or announced is None:
            raise NotFound()
        if announced["state"] != "receiving":
            raise FileAlreadyComplete()
        return IncomingFile(File.model_validate(announced), now)

    async def drafts_of(
        self, address: str, page_request: PageRequest, item_of: Callable[[Document], Item]
    ) -> Page[Item]:
        """Return a page of a sender's drafts, the last updated first."""
        query = {"sender.address": address, "state": "draft"}
        return await self._repository.listing.page(
            query, LAST_UPDATED, DRAFT_PROJECTION, page_request, map_each(item_of)
        )

    async def create_draft(self, draft: Transfer, limits: Limits) -> Transfer:
        """Insert a new draft in a free slot of its sender, or refuse; return the existing draft of this id if any.

        The slot is part of the write and unique in the database: concurrent requests choose again until each has a
        slot of its own, or none is left.
        """
        for failures in range(1, MAX_ATTEMPTS + 1):
            slot = random.choice(free_slots(await self._slots_of(draft.sender.address), limits))  # noqa: S311 - no secret
            if await self.add(draft.evolve(slot=slot)):
                return draft
            if known := await self.find(draft.id):
                return known
            await asyncio.sleep(CONFLICT_BACKOFF.pause_seconds(failures))
        raise Unavailable()

    async def _slots_of(self, address: str) -> set[int]:
        """Return the taken slots, from the index alone: drafts may be large."""
        query = {"sender.address": address, **WITH_SLOT}
        return {one["slot"] for one in await self._repository.listing.select(query, SLOT_PROJECTION, limit=MAX_SLOTS)}

    async def sent_by(self, address: str, page_request: PageRequest, item_of: Callable[[Document], Item]) -> Page[Item]:
        """Return a page of a sender's submitted transfers, the latest first."""
        query = {"sender.address": address}
        return await self._repository.listing.page(query, LAST_SENT, SENT_PROJECTION, page_request, map_each(item_of))

    async def due(self) -> list[str]:
        """Return the ids of the transfers that the sweeper must process now, the longest overdue first."""
        return await self._repository.due_ids("due_at")

    async def forget(self, id: str) -> bool:
        """Delete the document; return false if its outbox is not empty."""
        return await self._repository.remove(id)

    async def uploads_of(self, ids: Sequence[str]) -> dict[str, set[str | None]]:
        """Return the object keys that these transfers refer to, also for removal, each with its upload ids."""
        known: dict[str, set[str | None]] = {}
        for transfer in await self._repository.find({"_id": {"$in": list(ids)}}, limit=len(ids)):
            ones: list[File | PendingRemoval] = [*transfer.files.values(), *transfer.pending_removals]
            for one in ones:
                known.setdefault(one.key, set()).add(one.upload_id)
        return known


class Verifications:
    """Repository of verifications."""

    def __init__(self, database: Database) -> None:
        self._repository = database.repository("verifications", Verification)
        database.index("verifications", "due_at")

    async def begin(self, transfer: str, now: datetime) -> None:
        """Schedule the verification of this transfer; a repetition changes nothing."""
        await self._repository.add(begin(transfer, now))

    async def update(self, transfer: str, rule: Change[Verification]) -> Verification:
        """Apply a rule in one write and return the result."""
        return await self._repository.update(transfer, rule)

    async def due(self) -> list[str]:
        """Return the ids of the transfers whose verification is due, the longest overdue first."""
        return await self._repository.due_ids("due_at", limit=BATCH_SIZE)

    async def forget(self, transfer: str) -> bool:
        """Delete the document; return false if its outbox is not empty."""
        return await self._repository.remove(transfer)


class PartDigests:
    """The first announced digest of each part; later ones must be equal, so that a file has one version."""

    def __init__(self, database: Database) -> None:
        self._records = database.expiring_documents("parts", expire_at="until")

    async def bind(self, file: File, number: int, part: Part, now: datetime) -> None:
        """Record the digest of a part; refuse one that differs from the first."""
        announced = {"sha256": part.sha256, "crc32": part.crc32}
        id = f"{file.key}:{number}"
        if await self._records.add(id, {**announced, "size_bytes": part.size_bytes, "until": now + DIGEST_RETENTION}):
            return
        first = await self._records.get(id)
        if first is not None and {name: first[name] for name in announced} != announced:
            raise PartDiffers(part=number)

    async def announced_parts(self, file: File) -> dict[int, Part]:
        """Return the parts that were announced for this file, by number."""
        found = await self._records.find({"_id": {"$gte": f"{file.key}:", "$lt": f"{file.key};"}})
        return {int(record["_id"].rpartition(":")[2]): Part.model_validate(record) for record in found}
