"""Where do deliveries, contents and links rest, and how are they found?"""

from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Collection
from datetime import datetime
from typing import NamedTuple

from services.contracts.values import Recipient
from services.download.domain.contents import Contents
from services.download.domain.delivery import Delivery, DeliveryKey
from services.download.domain.link import Link
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
"""How many files were downloaded at least once, as the database counts them: no download is loaded."""
MOST_BYTES = {"$add": [MAX_SENT_BYTES, {"$multiply": [MAX_LOADS, "$$quota.v.size_bytes"]}]}
FILES_SUSPENDED: Document = {
    "$size": {
        "$filter": {
            "input": {"$objectToArray": "$quotas"},
            "as": "quota",
            "cond": {"$gt": ["$$quota.v.sent_bytes", MOST_BYTES]},
        }
    }
}
"""How many files are suspended."""
RECEIVED_FIELDS: Document = {
    **dict.fromkeys(("transfer", "reference", "recipient", "ends_at", "files", "total_bytes"), 1),
    "files_downloaded": FILES_DOWNLOADED,
}
FOLLOWED_FIELDS: Document = {
    **dict.fromkeys(Link.model_fields.keys() - {"id", "quotas"}, 1),
    "files_downloaded": FILES_DOWNLOADED,
    "files_suspended": FILES_SUSPENDED,
}


class TrackedLink(NamedTuple):
    """A link with the quotas of some files only, and how many of all files were downloaded, and are suspended."""

    link: Link
    files_downloaded: int
    files_suspended: int


class Deliveries:
    """The judges; one comes into being when its transfer is first heard of, whatever was heard."""

    def __init__(self, database: Database) -> None:
        self.all: Repository[Delivery] = database.repository("deliveries", Delivery)
        database.index("deliveries", "closing", "ends_at")
        database.index("deliveries", "forget_at")

    async def hear(self, transfer: str, change: Callable[[Delivery], Delivery]) -> Delivery:
        """Apply a change that needs no clock and announces nothing."""
        try:
            return await self.all.update(transfer, lambda delivery, _now: (change(delivery), []))
        except NotFound:
            fresh = change(Delivery(id=transfer))
        if await self.all.add(fresh):
            return fresh
        return await self.all.update(transfer, lambda delivery, _now: (change(delivery), []))

    async def closed(self, watched: Collection[DeliveryKey]) -> set[DeliveryKey]:
        """Those of them to whom nothing may be handed out any more."""
        transfers = {one.transfer for one in watched}
        over = [{"closing": {"$ne": None}}, {"quarantine": {"$ne": None}}, {"revoked.0": {"$exists": True}}]
        query = {"_id": {"$in": list(transfers)}, "$or": over}
        found = {delivery.id: delivery for delivery in await self.all.find(query, limit=len(transfers))}
        return {one for one in watched if one.transfer in found and not found[one.transfer].is_open_to(one.recipient)}

    async def endings(self, transfers: Collection[str]) -> dict[str, Delivery]:
        """Several of them, with what says whether they are open, and nothing else."""
        query, fields = {"_id": {"$in": list(transfers)}}, dict.fromkeys(("closing", "quarantine", "revoked"), 1)
        found = await self.all.listing.select(query, fields, limit=max(1, len(transfers)))
        return {one["_id"]: Delivery.model_validate({**one, "id": one["_id"]}) for one in found}

    async def read(self, transfer: str) -> tuple[Delivery, datetime]:
        """The delivery and the database's time; `TransferUnknown` otherwise."""
        try:
            return await self.all.read(transfer)
        except NotFound:
            raise TransferUnknown() from None


class ContentsRepository:
    """The contents of transfers: never changed, so the latest ones are kept in memory."""

    def __init__(self, database: Database) -> None:
        self.all: Repository[Contents] = database.repository("contents", Contents)
        self._recent: OrderedDict[str, Contents] = OrderedDict()

    async def get(self, transfer: str) -> Contents:
        """The contents; `TransferUnknown` otherwise."""
        found = self._recent.get(transfer)
        if found is None:
            try:
                found = await self.all.get(transfer)
            except NotFound:
                raise TransferUnknown() from None
            self._recent[transfer] = found
            if len(self._recent) > CACHED_CONTENTS:
                self._recent.popitem(last=False)
        self._recent.move_to_end(transfer)
        return found


class Links:
    """The links; a token is made again from the pepper whenever it is needed, and stored nowhere."""

    def __init__(self, database: Database, pepper: str) -> None:
        self.all: Repository[Link] = database.repository("links", Link)
        self._database = database
        self._pepper = pepper
        database.index("links", "recipient.address", "issued_at", "_id")
        database.index("links", "transfer", "recipient.address")
        database.index("links", "settles_at")
        database.index("links", "remind_at")

    def token(self, transfer: str, recipient: Recipient) -> str:
        """The token of a recipient's link."""
        return derived_token(self._pepper, "link", transfer, recipient.address)

    def id(self, token: str) -> str:
        """The id under which the link of a token rests."""
        return keyed_hash(self._pepper, "link", token)

    async def read(self, id: str) -> tuple[Link, datetime]:
        """The link and the database's time; an id that is unknown and one that cannot be look the same."""
        try:
            return await self.all.read(id)
        except NotFound:
            raise LinkUnknown() from None

    async def received_by(self, address: str, page_request: PageRequest, shown: ItemMapper[Item]) -> Page[Item]:
        """A page of what was sent to this address, the latest first."""
        return await self.all.listing.page(
            {"recipient.address": address}, LAST_ISSUED, RECEIVED_FIELDS, page_request, shown
        )

    async def now(self) -> datetime:
        """The database's time."""
        return await self._database.now()

    async def of(self, transfer: str) -> AsyncIterator[Link]:
        """Every link of a transfer, by recipient, one after the other: each may be large."""
        async for document in self.all.listing.iterate({"transfer": transfer}, {"outbox": 0}, "recipient.address"):
            yield _link(document)

    async def addresses(self, transfer: str) -> set[str]:
        """The recipients of a transfer who have a link."""
        found = await self.all.listing.select({"transfer": transfer}, {"recipient": 1}, limit=MAX_LINKS)
        return {one["recipient"]["address"] for one in found}

    async def are_busy(self, transfer: str, now: datetime) -> bool:
        """Some lease of a transfer's links is still alive."""
        query = {"transfer": transfer, "busy_until": {"$gt": now}}
        return bool(await self.all.listing.select(query, {"_id": 1}, limit=1))

    async def followed(self, transfer: str, files: Collection[str]) -> AsyncIterator[TrackedLink]:
        """The links of a transfer as its sender follows them, with the quotas of these files."""
        fields = {**FOLLOWED_FIELDS, **{f"quotas.{file}": 1 for file in files}}
        async for document in self.all.listing.iterate({"transfer": transfer}, fields, "recipient.address"):
            yield TrackedLink(_link(document), document["files_downloaded"], document["files_suspended"])


def _link(document: Document) -> Link:
    return Link.model_validate({**document, "id": document["_id"]})
