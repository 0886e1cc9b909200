"""The repositories of deliveries, contents and links."""

from collections.abc import AsyncIterator, Callable, Collection
from datetime import datetime
from typing import NamedTuple

from cachetools import LRUCache

from services.contracts.values import Recipient
from services.download.domain.contents import Contents
from services.download.domain.delivery import Delivery, DeliveryKey
from services.download.domain.link import Link
from services.download.domain.mails import LinkMailContent
from services.download.domain.quota import MAX_LOADS, MAX_SENT_BYTES
from services.download.domain.refusals import LinkUnknown, TransferUnknown
from services.kit.credentials import derived_token, keyed_hash
from services.kit.listing import ItemMapper, Order
from services.kit.mongo import Database, Document, Repository
from services.kit.pagination import Item, Page, PageRequest
from services.kit.refusals import NotFound

CACHED_CONTENTS = 32
MAX_LINKS = 1000
LAST_ISSUED = Order("issued_at", latest_first=True)
FILES_DOWNLOADED: Document = {
    "$size": {
        "$filter": {
            "input": {"$objectToArray": "$quotas"},
            "as": "quota",
            "cond": {
                "$in": [
                    "done",
                    {
                        "$map": {
                            "input": {"$objectToArray": "$$quota.v.downloads"},
                            "as": "download",
                            "in": "$$download.v.state",
                        }
                    },
                ]
            },
        }
    }
}
"""How many files were downloaded at least once, counted by the database so that no download is loaded."""
SUSPENDED_ABOVE = {"$add": [MAX_SENT_BYTES, {"$multiply": [MAX_LOADS, "$$quota.v.size_bytes"]}]}
FILES_SUSPENDED: Document = {
    "$size": {
        "$filter": {
            "input": {"$objectToArray": "$quotas"},
            "as": "quota",
            "cond": {"$gt": ["$$quota.v.sent_bytes", SUSPENDED_ABOVE]},
        }
    }
}
"""How many files are suspended."""
RECEIVED_FIELDS: Document = {
    **dict.fromkeys(("transfer", "reference", "recipient", "ends_at", "files", "total_bytes"), 1),
    "files_downloaded": FILES_DOWNLOADED,
}
TRACKED_FIELDS: Document = {
    **dict.fromkeys(Link.model_fields.keys() - {"id", "quotas"}, 1),
    "files_downloaded": FILES_DOWNLOADED,
    "files_suspended": FILES_SUSPENDED,
}


class TrackedLink(NamedTuple):
    """A link with the quotas of some files only, and how many of all its files were downloaded, and are suspended."""

    link: Link
    files_downloaded: int
    files_suspended: int


class Deliveries:
    """The deliveries; the first event about a transfer creates its delivery, whichever event that is."""

    def __init__(self, database: Database) -> None:
        self.all: Repository[Delivery] = database.repository("deliveries", Delivery)
        database.index("deliveries", "closing", "ends_at")
        database.index("deliveries", "forget_at")

    async def apply(self, transfer: str, change: Callable[[Delivery], Delivery]) -> Delivery:
        """Apply a change that needs no clock and announces nothing; create the delivery if there is none."""
        try:
            return await self.all.update(transfer, lambda delivery, _now: (change(delivery), []))
        except NotFound:
            fresh = change(Delivery(id=transfer))
        if await self.all.add(fresh):
            return fresh
        return await self.all.update(transfer, lambda delivery, _now: (change(delivery), []))

    async def closed(self, watched: Collection[DeliveryKey]) -> set[DeliveryKey]:
        """Return those of them to whom nothing may be handed out any more."""
        transfers = {one.transfer for one in watched}
        over = [{"closing": {"$ne": None}}, {"quarantine": {"$ne": None}}, {"revoked.0": {"$exists": True}}]
        query = {"_id": {"$in": list(transfers)}, "$or": over}
        found = {delivery.id: delivery for delivery in await self.all.find(query, limit=len(transfers))}
        return {one for one in watched if one.transfer in found and not found[one.transfer].is_open_to(one.recipient)}

    async def get_many(self, transfers: Collection[str]) -> dict[str, Delivery]:
        """Return several of them by id, with only the fields that say whether they are open."""
        query, fields = {"_id": {"$in": list(transfers)}}, dict.fromkeys(("closing", "quarantine", "revoked"), 1)
        found = await self.all.listing.select(query, fields, limit=max(1, len(transfers)))
        return {one["_id"]: Delivery.model_validate({**one, "id": one["_id"]}) for one in found}

    async def read(self, transfer: str) -> tuple[Delivery, datetime]:
        """Return the delivery and the database's time; refuse with `TransferUnknown`."""
        try:
            return await self.all.read(transfer)
        except NotFound:
            raise TransferUnknown() from None


class ContentsRepository:
    """The contents of transfers; they never change, so the latest ones are cached in memory."""

    def __init__(self, database: Database) -> None:
        self.all: Repository[Contents] = database.repository("contents", Contents)
        self._recent: LRUCache[str, Contents] = LRUCache(CACHED_CONTENTS)

    async def get(self, transfer: str) -> Contents:
        """Return the contents; refuse with `TransferUnknown`."""
        found = self._recent.get(transfer)
        if found is None:
            try:
                found = await self.all.get(transfer)
            except NotFound:
                raise TransferUnknown() from None
            self._recent[transfer] = found
        return found


class Links:
    """The links; a token is derived from the pepper whenever it is needed, and stored nowhere."""

    def __init__(self, database: Database, pepper: str) -> None:
        self.all: Repository[Link] = database.repository("links", Link)
        self._database = database
        self._pepper = pepper
        database.index("links", "recipient.address", "issued_at", "_id")
        database.index("links", "transfer", "recipient.address")
        database.index("links", "settles_at")
        database.index("links", "remind_at")

    def token(self, transfer: str, recipient: Recipient) -> str:
        """Return the token of a recipient's link."""
        return derived_token(self._pepper, "link", transfer, recipient.address)

    def id(self, token: str) -> str:
        """Return the id of the link with this token."""
        return keyed_hash(self._pepper, "link", token)

    def mail_content(self, link: Link, contents: Contents) -> LinkMailContent:
        """Return what a mail with this link says."""
        return LinkMailContent(self.token(link.transfer, link.recipient), contents.text, contents.summaries())

    async def read(self, id: str) -> tuple[Link, datetime]:
        """Return the link and the database's time; refuse an unknown id and an impossible one alike."""
        try:
            return await self.all.read(id)
        except NotFound:
            raise LinkUnknown() from None

    async def received_by(self, address: str, page_request: PageRequest, shown: ItemMapper[Item]) -> Page[Item]:
        """Return a page of what was sent to this address, the latest first."""
        return await self.all.listing.page(
            {"recipient.address": address}, LAST_ISSUED, RECEIVED_FIELDS, page_request, shown
        )

    async def now(self) -> datetime:
        """Return the database's time."""
        return await self._database.now()

    async def of(self, transfer: str) -> AsyncIterator[Link]:
        """Yield every link of a transfer, by recipient; one at a time, because each may be large."""
        async for document in self.all.listing.iterate({"transfer": transfer}, {"outbox": 0}, "recipient.address"):
            yield _link(document)

    async def addresses(self, transfer: str) -> set[str]:
        """Return the addresses of the recipients of a transfer who have a link."""
        found = await self.all.listing.select({"transfer": transfer}, {"recipient": 1}, limit=MAX_LINKS)
        return {one["recipient"]["address"] for one in found}

    async def are_busy(self, transfer: str, now: datetime) -> bool:
        """Return whether some lease of a transfer's links is running."""
        query = {"transfer": transfer, "busy_until": {"$gt": now}}
        return bool(await self.all.listing.select(query, {"_id": 1}, limit=1))

    async def tracked(self, transfer: str, files: Collection[str]) -> AsyncIterator[TrackedLink]:
        """Yield the links of a transfer for its sender, with the quotas of these files."""
        fields = {**TRACKED_FIELDS, **{f"quotas.{file}": 1 for file in files}}
        async for document in self.all.listing.iterate({"transfer": transfer}, fields, "recipient.address"):
            yield TrackedLink(_link(document), document["files_downloaded"], document["files_suspended"])


def _link(document: Document) -> Link:
    return Link.model_validate({**document, "id": document["_id"]})
