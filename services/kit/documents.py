"""Store small expiring documents in MongoDB; each call is one atomic operation."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError, PyMongoError

from services.kit.refusals import Unavailable

Document = dict[str, Any]


class WindowCount(NamedTuple):
    """The number of hits in a window, and the whole seconds until the window ends."""

    hits: int
    seconds_left: int


@asynccontextmanager
async def outage_as_unavailable() -> AsyncIterator[None]:
    """Raise `Unavailable` for an outage of the database; the outcome of the operation is unknown, so retry (R3)."""
    try:
        yield
    except DuplicateKeyError:
        raise
    except PyMongoError as error:
        raise Unavailable() from error


class ExpiringDocuments:
    """Small documents with an id and an expiry date: challenges, revocations, marks."""

    def __init__(self, collection: Any) -> None:
        self._collection = collection

    async def add(self, id: str, fields: Document) -> bool:
        """Insert a document; return false if the id exists."""
        try:
            async with outage_as_unavailable():
                await self._collection.insert_one({**fields, "_id": id})
        except DuplicateKeyError:
            return False
        return True

    async def get(self, id: str) -> Document | None:
        """Return the document, or None."""
        async with outage_as_unavailable():
            found: Document | None = await self._collection.find_one({"_id": id})
        return found

    async def find(self, query: Document, *, limit: int = 20_000) -> list[Document]:
        """Return the documents that match, each with its `_id`."""
        async with outage_as_unavailable():
            found: list[Document] = await self._collection.find(query).to_list(limit)
        return found

    async def pop(self, id: str, live_until: str) -> Document | None:
        """Remove and return a document whose date in `live_until` is ahead by the database's clock; None otherwise."""
        live = {"_id": id, "$expr": {"$gt": [f"${live_until}", "$$NOW"]}}
        async with outage_as_unavailable():
            found: Document | None = await self._collection.find_one_and_delete(live)
        return found

    async def put(self, id: str, fields: Document) -> None:
        """Insert or replace a document."""
        async with outage_as_unavailable():
            await self._collection.replace_one({"_id": id}, fields, upsert=True)

    async def increment(self, id: str, *, window_seconds: int) -> WindowCount:
        """Count one more hit in the current window, by the database's clock.

        A window begins with the first hit after the previous window ended; the document expires (`until`) one window
        after its window.
        """
        milliseconds = 1000 * window_seconds
        window = {
            **_window(milliseconds),
            "count": {"$cond": [_is_fresh(milliseconds), 1, {"$add": ["$count", 1]}]},
            "age": {"$cond": [_is_fresh(milliseconds), 0, {"$subtract": ["$$NOW", "$since"]}]},
        }
        found = await self._upsert(id, [{"$set": window}])
        return WindowCount(int(found["count"]), (milliseconds - int(found["age"]) + 999) // 1000)

    async def count_once(self, id: str, member: str, *, limit: int, window_seconds: int) -> bool:
        """Add `member` to the current window if it has room; return whether it is among its `limit` members.

        A repetition changes nothing. Windows begin and end as those of `increment`.
        """
        milliseconds, one = 1000 * window_seconds, {"$literal": member}
        known = {"$cond": [_is_fresh(milliseconds), [], "$members"]}
        stays = {"$or": [{"$in": [one, "$members"]}, {"$gte": [{"$size": "$members"}, limit]}]}
        added = {"$cond": [stays, "$members", {"$concatArrays": ["$members", [one]]}]}
        found = await self._upsert(
            id, [{"$set": {**_window(milliseconds), "members": known}}, {"$set": {"members": added}}]
        )
        return member in found["members"]

    async def mark(self, id: str, *, seconds: int) -> None:
        """Insert or renew a document that expires after so many seconds, by the database's clock."""
        until = {"$add": ["$$NOW", 1000 * seconds]}
        async with outage_as_unavailable():
            await self._collection.update_one({"_id": id}, [{"$set": {"until": until}}], upsert=True)

    async def discard(self, query: Document) -> int:
        """Delete the documents that match and return their number."""
        async with outage_as_unavailable():
            return int((await self._collection.delete_many(query)).deleted_count)

    async def _upsert(self, id: str, pipeline: list[Document]) -> Document:
        """Change or insert a document, and return it as it is then."""
        async with outage_as_unavailable():
            found: Document = await self._collection.find_one_and_update(
                {"_id": id}, pipeline, upsert=True, return_document=ReturnDocument.AFTER
            )
        return found


def _is_fresh(milliseconds: int) -> Document:
    """Return the expression for: a window begins now, as there is none yet or the last one has ended."""
    over = {"$gte": [{"$subtract": ["$$NOW", "$since"]}, milliseconds]}
    return {"$or": [{"$eq": [{"$type": "$since"}, "missing"]}, over]}


def _window(milliseconds: int) -> Document:
    """Return the expressions for the beginning of a window and for the expiry of its document."""
    return {
        "since": {"$cond": [_is_fresh(milliseconds), "$$NOW", "$since"]},
        "until": {"$add": ["$$NOW", 2 * milliseconds]},
    }
