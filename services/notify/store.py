"""Store mails, transfer statuses and downloads for the daily summary, and find what is due."""

import hashlib
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from services.contracts.download import FileDownloaded
from services.kit.mongo import Database, Document, Repository
from services.kit.pagination import EPOCH
from services.kit.refusals import NotFound
from services.notify.domain import RETENTION, DailySummary, Mail, schedule_summary
from services.notify.transfer_status import ABOUT_A_RIGHT, TransferStatus

MAX_WAITING = 2000


class Mails:
    """The queue of mails; `on_enqueued` is called when this process has added one.

    Workers serve the flows in turn, in the order of their names; `_last_flow` is the flow that was served last.
    """

    def __init__(self, database: Database) -> None:
        self.all: Repository[Mail] = database.repository("mails", Mail)
        self.on_enqueued: Callable[[], None] = lambda: None
        self._last_flow = ""
        unfinished = {"next_at": {"$gt": EPOCH}}
        database.index("mails", "flow", "next_at", partialFilterExpression=unfinished)
        database.index("mails", "forget_at")

    async def enqueue(self, mail: Mail) -> bool:
        """Add a mail to send; return false when it exists already, sent or not."""
        added = await self.all.add(mail)
        if added:
            self.on_enqueued()
        return added

    async def waiting(self, transfer: str, kinds: Collection[str]) -> list[Mail]:
        """Return the unsent mails of these kinds about a transfer, found by their ids."""
        ids = [{"_id": {"$gte": f"{kind}:{transfer}:", "$lt": f"{kind}:{transfer};"}} for kind in kinds]
        return await self.all.find({"$or": ids, "state": "waiting"}, limit=MAX_WAITING)

    async def due(
        self, excluded_ids: Collection[str], limit: int, held_kinds: Collection[str] = ()
    ) -> list[tuple[Mail, datetime]]:
        """Return due mails, one of each flow in turn, each with the database's time at which it was read.

        Unsent mails of the kinds that are held are left out.
        """
        found: list[tuple[Mail, datetime]] = []
        while len(found) < limit:
            others: Document = {"_id": {"$nin": [*excluded_ids, *(mail.id for mail, _ in found)]}}
            if held_kinds:
                others["$nor"] = [{"state": "waiting", "kind": {"$in": list(held_kinds)}}]
            first = await self._first({**others, "flow": {"$gt": self._last_flow}}) or await self._first(others)
            if not first:
                break
            self._last_flow = first[0][0].flow
            found += first
        return found

    async def _first(self, query: Document) -> list[tuple[Mail, datetime]]:
        return await self.all.due("flow", "next_at", query=query, limit=1)


class TransferStatuses:
    """What events said of transfers, applied to their mails whichever came first (ADR 15)."""

    def __init__(self, database: Database, mails: Mails) -> None:
        self.all: Repository[TransferStatus] = database.repository("transfer_statuses", TransferStatus)
        self._mails = mails
        database.index("transfer_statuses", "forget_at")

    async def enqueue(self, mail: Mail) -> None:
        """Add a mail about a right, and apply the transfer's status to it before workers are woken."""
        if not await self._mails.all.add(mail):
            return
        await self._mails.all.update(mail.id, (await self._get(mail.transfer)).apply)
        self._mails.on_enqueued()

    async def may_send(self, mail: Mail) -> bool:
        """Return whether a claimed mail may be sent by the latest status; otherwise it is cancelled or fails."""
        if mail.kind not in ABOUT_A_RIGHT:
            return True
        after = await self._mails.all.update(mail.id, (await self._get(mail.transfer)).apply_before_sending)
        return after.state == "waiting"

    async def record(self, transfer: str, change: Callable[[TransferStatus], TransferStatus]) -> None:
        """Change the status of a transfer, and apply it to the mails that wait."""
        try:
            status = await self.all.update(transfer, lambda stored, _now: (change(stored), []))
        except NotFound:
            status = change(TransferStatus(id=transfer))
            if not await self.all.add(status):
                status = await self.all.update(transfer, lambda stored, _now: (change(stored), []))
        for mail in await self._mails.waiting(transfer, ABOUT_A_RIGHT):
            await self._mails.all.update(mail.id, status.apply)

    async def _get(self, transfer: str) -> TransferStatus:
        found = await self.all.find({"_id": transfer}, limit=1)
        return found[0] if found else TransferStatus(id=transfer)


class DailySummaries:
    """Each complete download once, in the window of the daily summary that lists it."""

    def __init__(self, database: Database) -> None:
        self.all: Repository[DailySummary] = database.repository("daily_summaries", DailySummary)
        self._downloads = database.expiring_documents("downloads", expire_at="until")
        database.index("daily_summaries", "due_at")
        database.index("daily_summaries", "forget_at")
        database.index("downloads", "transfer", "window")

    async def is_first(self, event: FileDownloaded) -> bool:
        """Return whether this is the recipient's first download of this transfer; the same for a repeated event."""
        id = _key("first", event.reference.transfer, event.recipient)
        download = _key(event.file.path, str(event.times))
        if await self._downloads.add(id, {"download": download, "until": event.downloaded_at + RETENTION}):
            return True
        found = await self._downloads.get(id)
        return found is not None and found["download"] == download

    async def add(self, event: FileDownloaded) -> None:
        """Record a download for the daily summary; a repeated event changes nothing."""
        summary = await self._schedule(event)
        download = {
            "transfer": summary.id,
            "window": summary.window,
            "recipient": event.recipient,
            "path": event.file.path,
            "at": event.downloaded_at,
            "until": event.downloaded_at + RETENTION,
        }
        id = _key("download", summary.id, event.recipient, event.file.path, str(event.times))
        await self._downloads.add(id, download)

    async def downloads_in(self, summary: DailySummary) -> list[dict[str, Any]]:
        """Return the downloads of the window that is being closed, oldest first."""
        found = await self._downloads.find({"transfer": summary.id, "window": summary.closing})
        return sorted(found, key=lambda download: (download["at"], download["path"]))

    async def due(self) -> list[str]:
        """Return the transfers whose daily summary is due by the database's clock."""
        return await self.all.due_ids("due_at")

    async def _schedule(self, event: FileDownloaded) -> DailySummary:
        transfer = event.reference.transfer
        try:
            return await self.all.update(transfer, schedule_summary)
        except NotFound:
            await self.all.add(DailySummary(id=transfer, reference=event.reference))
            return await self.all.update(transfer, schedule_summary)


def _key(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
