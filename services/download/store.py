"""Where do deliveries, contents and links rest, and how are they found?"""

from collections import OrderedDict
from collections.abc import Callable, Collection
from datetime import datetime

from services.contracts.values import Recipient
from services.download.domain.contents import Contents
from services.download.domain.delivery import Delivery, Handed
from services.download.domain.link import Link
from services.download.domain.refusals import LinkUnknown, TransferUnknown
from services.kit.listing import Order, Shown
from services.kit.mongo import Aggregates, Database, Document
from services.kit.pages import Item, Page, Paging
from services.kit.refusals import NotFound
from services.kit.secrets import derived_token, keyed_hash

CACHED_CONTENTS = 32
MOST_LINKS = 1000
LAST_ISSUED = Order("issued_at", latest_first=True)
RECEIVED_FIELDS: Document = {
    **dict.fromkeys(("transfer", "label", "recipient", "ends_at", "files", "total_bytes"), 1),
    "files_downloaded": {
        "$size": {
            "$filter": {
                "input": {"$objectToArray": "$shelves"},
                "as": "shelf",
                "cond": {
                    "$in": [
                        "done",
                        {
                            "$map": {
                                "input": {"$objectToArray": "$$shelf.v.downloads"},
                                "as": "download",
                                "in": "$$download.v.state",
                            }
                        },
                    ]
                },
            }
        }
    },
}
"""The files that were downloaded at least once are counted by the database; a list never loads the downloads."""


class Deliveries:
    """The judges; one comes into being when its transfer is first heard of, whatever was heard."""

    def __init__(self, database: Database) -> None:
        self.all: Aggregates[Delivery] = database.aggregates("deliveries", Delivery)
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

    async def closed(self, watched: Collection[Handed]) -> set[Handed]:
        """Those of them to whom nothing may be handed out any more."""
        transfers = {one.transfer for one in watched}
        over = [{"closing": {"$ne": None}}, {"quarantine": {"$ne": None}}, {"revoked.0": {"$exists": True}}]
        query = {"_id": {"$in": list(transfers)}, "$or": over}
        found = {delivery.id: delivery for delivery in await self.all.find(query, limit=len(transfers))}
        return {one for one in watched if one.transfer in found and not found[one.transfer].is_open_to(one.recipient)}

    async def endings(self, transfers: Collection[str]) -> dict[str, Delivery]:
        """Several of them, with what says whether they are open, and nothing else."""
        query, fields = {"_id": {"$in": list(transfers)}}, dict.fromkeys(("closing", "quarantine", "revoked"), 1)
        found = await self.all.listing.some(query, fields, limit=max(1, len(transfers)))
        return {one["_id"]: Delivery.model_validate({**one, "id": one["_id"]}) for one in found}

    async def read(self, transfer: str) -> tuple[Delivery, datetime]:
        """The delivery and the database's time; `TransferUnknown` otherwise."""
        try:
            return await self.all.read(transfer)
        except NotFound:
            raise TransferUnknown() from None


class Shelves:
    """The contents of transfers: never changed, so the latest ones are kept in memory."""

    def __init__(self, database: Database) -> None:
        self.all: Aggregates[Contents] = database.aggregates("contents", Contents)
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
        self.all: Aggregates[Link] = database.aggregates("links", Link)
        self._database = database
        self._pepper = pepper
        database.index("links", "recipient.address", "issued_at", "_id")
        database.index("links", "transfer")
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

    async def received_by(self, address: str, paging: Paging, shown: Shown[Item]) -> Page[Item]:
        """A page of what was sent to this address, the latest first."""
        return await self.all.listing.page({"recipient.address": address}, LAST_ISSUED, RECEIVED_FIELDS, paging, shown)

    async def now(self) -> datetime:
        """The database's time."""
        return await self._database.now()

    async def of(self, transfer: str) -> list[Link]:
        """Every link of a transfer, by recipient."""
        return await self.all.find({"transfer": transfer}, sort=[("recipient.address", 1)], limit=MOST_LINKS)
