"""How is a list read? In batches, in an order that has an index, and of each document only what is shown."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from services.kit.documents import Document, outage_as_unavailable
from services.kit.pagination import EPOCH, MILLISECOND, Item, Page, PageBuilder, PageRequest, Position

BATCH_SIZE = 20
"""Documents in one answer of the database: this many are in memory beside the page."""
SMALL_BATCH_SIZE = 2
"""The same where documents are read whole."""


class Order(NamedTuple):
    """By a date, the earliest or the latest first; by id where dates are equal. The index ends with both fields."""

    field: str
    latest_first: bool = False

    def after(self, position: Position | None) -> Document:
        """What comes after a position; what has no date is in no list."""
        if position is None:
            return {self.field: {"$gt": EPOCH}}
        here, beyond = ("$lte", "$lt") if self.latest_first else ("$gte", "$gt")
        at = EPOCH + position.sort_key * MILLISECOND
        later = [{self.field: {beyond: at}}, {"_id": {beyond: position.id}}]
        return {"$and": [{self.field: {"$gt": EPOCH}}, {self.field: {here: at}}], "$or": later}

    def sort(self) -> list[tuple[str, int]]:
        """As the database wants it."""
        direction = -1 if self.latest_first else 1
        return [(self.field, direction), ("_id", direction)]


ItemMapper = Callable[[Sequence[Document]], Awaitable[Sequence[Item]]]
"""Documents with the asked fields to what is shown of each, in the same order."""


def map_each(to_item: Callable[[Document], Item]) -> ItemMapper[Item]:
    """The same for what is shown of one document."""

    async def map_all(documents: Sequence[Document]) -> Sequence[Item]:
        return [to_item(document) for document in documents]

    return map_all


class Listing:
    """One collection, from which lists are made."""

    def __init__(self, collection: Any) -> None:
        self._collection = collection

    async def page(
        self, query: Document, order: Order, fields: Document, request: PageRequest, to_items: ItemMapper[Item]
    ) -> Page[Item]:
        """One page of what matches; `fields` is a projection, with expressions where a large field is only counted.

        Walking on by `next_cursor` shows every item that is there all the time exactly once, whatever is added or
        removed meanwhile; one whose date changes may be shown twice, or not.
        """
        wanted = {**fields, order.field: 1}
        found = self._collection.find({"$and": [query, order.after(request.after)]}, wanted)
        cursor = found.sort(order.sort()).limit(request.limit + 1).batch_size(BATCH_SIZE)
        builder: PageBuilder[Item] = PageBuilder(request.limit)
        try:
            while documents := await _next_batch(cursor, BATCH_SIZE):
                for document, item in zip(documents, await to_items(documents), strict=True):
                    sort_key = (_value_at(document, order.field) - EPOCH) // MILLISECOND
                    position = Position(sort_key, document["_id"])
                    if not builder.add(item, position):
                        return builder.build(is_last=False)
        finally:
            await cursor.close()
        return builder.build(is_last=True)

    async def iterate(self, query: Document, fields: Document, sort: str) -> AsyncIterator[Document]:
        """What matches, sorted by a field: one document after the other, so that only a few are in memory."""
        cursor = self._collection.find(query, fields).sort(sort, 1).batch_size(SMALL_BATCH_SIZE)
        try:
            while documents := await _next_batch(cursor, SMALL_BATCH_SIZE):
                for document in documents:
                    yield document
        finally:
            await cursor.close()

    async def select(self, query: Document, fields: Document, *, limit: int) -> list[Document]:
        """These fields of what matches, in no order; at most `limit` documents."""
        async with outage_as_unavailable():
            found: list[Document] = await self._collection.find(query, fields).limit(limit).to_list(limit)
        return found


async def _next_batch(cursor: Any, most: int) -> list[Document]:
    async with outage_as_unavailable():
        found: list[Document] = await cursor.to_list(most)
    return found


def _value_at(document: Document, path: str) -> Any:
    value: Any = document
    for step in path.split("."):
        value = value[step]
    return value
