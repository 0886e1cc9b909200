"""Read lists from MongoDB in batches, sorted by an index, with only the fields that are shown."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from services.kit.documents import Document, outage_as_unavailable
from services.kit.pagination import EPOCH, MILLISECOND, Item, Page, PageBuilder, PageRequest, Position

BATCH_SIZE = 20
"""Documents in one batch: this many are in memory beside the page."""
SMALL_BATCH_SIZE = 2
"""The same for whole documents."""


class Order(NamedTuple):
    """Sort by a date and then by id, earliest or latest first; the index ends with both fields."""

    field: str
    latest_first: bool = False

    def after(self, position: Position | None) -> Document:
        """Return the filter for what follows a position; documents without a date are in no list."""
        if position is None:
            return {self.field: {"$gt": EPOCH}}
        here, beyond = ("$lte", "$lt") if self.latest_first else ("$gte", "$gt")
        at = EPOCH + position.sort_key * MILLISECOND
        later = [{self.field: {beyond: at}}, {"_id": {beyond: position.id}}]
        return {"$and": [{self.field: {"$gt": EPOCH}}, {self.field: {here: at}}], "$or": later}

    def sort(self) -> list[tuple[str, int]]:
        """Return the sort specification of MongoDB."""
        direction = -1 if self.latest_first else 1
        return [(self.field, direction), ("_id", direction)]


ItemMapper = Callable[[Sequence[Document]], Awaitable[Sequence[Item]]]
"""Maps documents with the requested fields to items, in the same order."""


def map_each(to_item: Callable[[Document], Item]) -> ItemMapper[Item]:
    """Return an item mapper that maps each document alone."""

    async def map_all(documents: Sequence[Document]) -> Sequence[Item]:
        return [to_item(document) for document in documents]

    return map_all


class Listing:
    """Reads lists from one collection."""

    def __init__(self, collection: Any) -> None:
        self._collection = collection

    async def page(
        self, query: Document, order: Order, fields: Document, request: PageRequest, to_items: ItemMapper[Item]
    ) -> Page[Item]:
        """Return one page of what matches; `fields` is a projection, with expressions to count a large field.

        Following `next_cursor` returns every item that exists all the time exactly once, despite insertions and
        deletions; an item whose date changes may be returned twice or not at all.
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
        """Yield what matches, sorted by a field; only a few documents are in memory."""
        cursor = self._collection.find(query, fields).sort(sort, 1).batch_size(SMALL_BATCH_SIZE)
        try:
            while documents := await _next_batch(cursor, SMALL_BATCH_SIZE):
                for document in documents:
                    yield document
        finally:
            await cursor.close()

    async def select(self, query: Document, fields: Document, *, limit: int) -> list[Document]:
        """Return these fields of at most `limit` documents that match, in no order."""
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
