"""Where do mails and the news of downloads rest, and which are due?"""

import hashlib
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from services.contracts.download import FileDownloaded
from services.kit.mongo import Database, Document, Repository
from services.kit.pagination import EPOCH
from services.kit.refusals import NotFound
from services.notify.domain import REMEMBERED, Digest, Mail, begin_digest
from services.notify.standing import ABOUT_A_RIGHT, Standing

MOST_WAITING = 2000


class Mails:
    """The mails, over the only way to write them; `on_posted` is called when this process has added one.

    Postmen serve the flows in turn, in the order of their names; `_served` is the flow that had the last turn.
    """

    def __init__(self, database: Database) -> None:
        self.all: Repository[Mail] = database.repository("mails", Mail)
        self.on_posted: Callable[[], None] = lambda: None
        self._served = ""
        unfinished = {"next_at": {"$gt": EPOCH}}
        database.index("mails", "flow", "next_at", partialFilterExpression=unfinished)
        database.index("mails", "forget_at")

    async def post(self, mail: Mail) -> bool:
        """Add a mail to send; false when it is there already, sent or not."""
        added = await self.all.add(mail)
        if added:
            self.on_posted()
        return added

    async def waiting(self, transfer: str, kinds: Collection[str]) -> list[Mail]:
        """The mails of these kinds about a transfer that were not sent yet; found by their names."""
        names = [{"_id": {"$gte": f"{kind}:{transfer}:", "$lt": f"{kind}:{transfer};"}} for kind in kinds]
        return await self.all.find({"$or": names, "state": "waiting"}, limit=MOST_WAITING)

    async def due(self, besides: Collection[str], limit: int) -> list[tuple[Mail, datetime]]:
        """Other mails that are due by the database's clock, one of each flow in turn; each with its time."""
        found: list[tuple[Mail, datetime]] = []
        while len(found) < limit:
            others = {"_id": {"$nin": [*besides, *(mail.id for mail, _ in found)]}}
            next_one = await self._first({**others, "flow": {"$gt": self._served}}) or await self._first(others)
            if not next_one:
                break
            self._served = next_one[0][0].flow
            found += next_one
        return found

    async def _first(self, query: Document) -> list[tuple[Mail, datetime]]:
        return await self.all.due("flow", "next_at", query=query, limit=1)


class Standings:
    """What was heard of transfers, applied to their mails whichever came first (ADR 15)."""

    def __init__(self, database: Database, mails: Mails) -> None:
        self.all: Repository[Standing] = database.repository("standings", Standing)
        self._mails = mails
        database.index("standings", "forget_at")

    async def post(self, mail: Mail) -> None:
        """Post a mail about a right; what was heard before is known to it before any postman is called."""
        if not await self._mails.all.add(mail):
            return
        await self._mails.all.update(mail.id, (await self._of(mail.transfer)).applied)
        self._mails.on_posted()

    async def still_wanted(self, mail: Mail) -> bool:
        """Whether a claimed mail may leave by all that was heard up to now; otherwise it is dropped, or given up."""
        if mail.kind not in ABOUT_A_RIGHT:
            return True
        after = await self._mails.all.update(mail.id, (await self._of(mail.transfer)).departing)
        return after.state == "waiting"

    async def hear(self, transfer: str, change: Callable[[Standing], Standing]) -> None:
        """Remember it, and apply it to the mails that wait."""
        try:
            standing = await self.all.update(transfer, lambda there, _now: (change(there), []))
        except NotFound:
            standing = change(Standing(id=transfer))
            if not await self.all.add(standing):
                standing = await self.all.update(transfer, lambda there, _now: (change(there), []))
        for mail in await self._mails.waiting(transfer, ABOUT_A_RIGHT):
            await self._mails.all.update(mail.id, standing.applied)

    async def _of(self, transfer: str) -> Standing:
        found = await self.all.find({"_id": transfer}, limit=1)
        return found[0] if found else Standing(id=transfer)


class Digests:
    """Each complete download once, in the window of the daily mail that tells of it."""

    def __init__(self, database: Database) -> None:
        self.all: Repository[Digest] = database.repository("digests", Digest)
        self._downloads = database.expiring_documents("downloads", expire_at="until")
        database.index("digests", "due_at")
        database.index("digests", "forget_at")
        database.index("downloads", "transfer", "window")

    async def is_first(self, event: FileDownloaded) -> bool:
        """This download is the recipient's first of this transfer; the same answer each time it is heard."""
        id, this = _key("first", event.reference.transfer, event.recipient), _key(event.file.path, str(event.times))
        if await self._downloads.add(id, {"this": this, "until": event.downloaded_at + REMEMBERED}):
            return True
        found = await self._downloads.get(id)
        return found is not None and found["this"] == this

    async def keep(self, event: FileDownloaded) -> None:
        """Keep a download for the daily mail; the same one again changes nothing."""
        digest = await self._of(event)
        line = {
            "transfer": digest.id,
            "window": digest.window,
            "recipient": event.recipient,
            "path": event.file.path,
            "at": event.downloaded_at,
            "until": event.downloaded_at + REMEMBERED,
        }
        await self._downloads.add(_key("fetch", digest.id, event.recipient, event.file.path, str(event.times)), line)

    async def told_in(self, digest: Digest) -> list[dict[str, Any]]:
        """The downloads of the window that is being closed, oldest first."""
        found = await self._downloads.find({"transfer": digest.id, "window": digest.closing})
        return sorted(found, key=lambda line: (line["at"], line["path"]))

    async def due(self) -> list[str]:
        """Transfers whose daily mail is due, by the database's clock."""
        return await self.all.due_ids("due_at")

    async def _of(self, event: FileDownloaded) -> Digest:
        transfer = event.reference.transfer
        try:
            return await self.all.update(transfer, begin_digest)
        except NotFound:
            await self.all.add(Digest(id=transfer, reference=event.reference))
            return await self.all.update(transfer, begin_digest)


def _key(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
