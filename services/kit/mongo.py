"""Store aggregates in MongoDB; each write replaces a known version of one document (R1, R4)."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, Self
from weakref import WeakValueDictionary

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import ASCENDING, ReturnDocument, UpdateOne
from pymongo.errors import DuplicateKeyError

from services.kit import metrics
from services.kit.aggregate import Change, State
from services.kit.backoff import CONFLICT_BACKOFF
from services.kit.documents import Document, ExpiringDocuments, outage_as_unavailable
from services.kit.events import Event
from services.kit.listing import Listing
from services.kit.outbox_entry import OutboxEntry, entries_for
from services.kit.pagination import EPOCH
from services.kit.refusals import NotFound, Unavailable
from services.kit.settings import ServiceSettings
from services.kit.update_document import diff_update

__all__ = ["Database", "Document", "ExpiringDocuments", "OutboxEntry", "Repository"]

MAX_ATTEMPTS = 60


class Database:
    """The database of one service, with majority writes and reads and a time limit on every operation (R56)."""

    def __init__(self, url: str, name: str, timeout_seconds: float = 2.0) -> None:
        self._client: Any = AsyncIOMotorClient(
            url,
            w="majority",
            journal=True,
            readConcernLevel="majority",
            retryWrites=True,
            timeoutMS=int(timeout_seconds * 1000),
            serverSelectionTimeoutMS=2000,
            maxPoolSize=50,
            appname=name,
            tz_aware=True,
        )
        self._database = self._client[name]
        self.repositories: list[Repository[Any]] = []
        self._indexes: list[tuple[Any, list[tuple[str, int]], Document]] = []

    @classmethod
    def open(cls, settings: ServiceSettings) -> Self:
        """Return the database of a service, not yet connected."""
        return cls(settings.mongo_url.get_secret_value(), settings.mongo_database, settings.mongo_timeout_seconds)

    def repository(self, name: str, model: type[State]) -> "Repository[State]":
        """Return the repository of one aggregate class; the relay publishes its outboxes."""
        found = Repository(self._database[name], model)
        self.index(name, "outbox.at")
        self.repositories.append(found)
        return found

    def expiring_documents(self, name: str, *, expire_at: str | None = None) -> "ExpiringDocuments":
        """Return a collection of small documents; MongoDB deletes each after the date in its field `expire_at`."""
        if expire_at:
            self.index(name, expire_at, expireAfterSeconds=0)
        return ExpiringDocuments(self._database[name])

    def index(self, collection: str, *fields: str, **options: Any) -> None:
        """Register an ascending index; `prepare` creates it."""
        self._indexes.append((self._database[collection], [(field, ASCENDING) for field in fields], options))

    async def prepare(self) -> None:
        """Create the indexes; a repeated call changes nothing."""
        async with outage_as_unavailable():
            for collection, keys, options in self._indexes:
                await collection.create_index(keys, **options)

    async def ping(self) -> None:
        """Raise `Unavailable` unless the database answers."""
        async with outage_as_unavailable():
            await self._database.command("ping")

    async def now(self) -> datetime:
        """Return the database's time in UTC, from which a new end of validity is computed (R9)."""
        async with outage_as_unavailable():
            found: datetime = (await self._database.command("hello"))["localTime"]
        return found.replace(tzinfo=UTC)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


class Repository(Generic[State]):
    """The aggregates of one class; `add` and `update` with a pure rule are the only ways to write."""

    def __init__(self, collection: Any, model: type[State]) -> None:
        self._collection = collection
        self._model = model
        self._without_outbox = {**dict.fromkeys(model.model_fields, 1), "now": "$$NOW"}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.listing = Listing(collection)
        self._pending_pulls: list[UpdateOne] = []
        self._pull_lock = asyncio.Lock()
        self.on_outbox_written: Callable[[str, Sequence[OutboxEntry]], None] = lambda _id, _outbox: None

    @property
    def name(self) -> str:
        """Return the collection's name."""
        return str(self._collection.name)

    async def add(self, state: State, events: Sequence[Event] = ()) -> bool:
        """Insert a new aggregate with its events; return false if the id exists."""
        outbox = entries_for(events)
        document = {**_fields(state), "_id": state.id, "version": 1, "outbox": [entry._asdict() for entry in outbox]}
        try:
            async with outage_as_unavailable():
                await self._collection.insert_one(document)
        except DuplicateKeyError:
            return False
        self._notify_relay(state.id, outbox)
        return True

    async def update(self, id: str, change: Change[State], snapshot: tuple[State, datetime] | None = None) -> State:
        """Apply a pure rule at the database's time, write the result over the version that was read, and return it.

        Repeats after a concurrent write. `snapshot` is a recent result of `read`, which saves the first read.
        Raises what the rule raises, `NotFound` for an unknown id, and `Unavailable` when the outcome is unknown.
        """
        lock = self._locks.setdefault(id, asyncio.Lock())
        async with lock:
            for failures in range(1, MAX_ATTEMPTS + 1):
                state, now = snapshot if snapshot and failures == 1 else await self.read(id)
                after, events = change(state, now)
                if after == state and not events:
                    return state
                outbox = await self._write(state, after, events)
                if outbox is not None:
                    self._notify_relay(id, outbox)
                    return after.evolve(version=state.version + 1)
                metrics.conflicts.labels(self.name).inc()
                await asyncio.sleep(CONFLICT_BACKOFF.pause_seconds(failures))
        raise Unavailable()

    async def read(self, id: str) -> tuple[State, datetime]:
        """Return the aggregate and the database's time; raises `NotFound` for an unknown id."""
        found, now = await self._find_one(id, self._without_outbox)
        return self._state(found), now

    async def get(self, id: str) -> State:
        """Return the aggregate; raises `NotFound` for an unknown id."""
        return (await self.read(id))[0]

    async def project(self, id: str, *fields: str) -> tuple[Document, datetime]:
        """Return these fields of a document and the database's time; raises `NotFound` for an unknown id."""
        return await self._find_one(id, {**dict.fromkeys(fields, 1), "now": "$$NOW"})

    async def find(self, query: Document, *, sort: Sequence[tuple[str, int]] = (), limit: int = 100) -> list[State]:
        """Return at most `limit` aggregates that match."""
        async with outage_as_unavailable():
            cursor = self._collection.find(query, {"outbox": 0}).limit(limit)
            documents = await (cursor.sort(list(sort)) if sort else cursor).to_list(limit)
        return [self._state(document) for document in documents]

    async def due_ids(self, field: str, query: Document | None = None, *, limit: int = 100) -> list[str]:
        """Return the ids whose date in `field` has passed by the database's clock (R9), oldest first."""
        return [document["_id"] for document in await self._find_due([field], query, {"_id": 1}, limit)]

    async def due(self, *order: str, query: Document | None = None, limit: int) -> list[tuple[State, datetime]]:
        """Return aggregates whose date in the last field of `order` has passed, in that order, each with the time.

        The time is the database's; each pair can be passed to `update` as `snapshot`.
        """
        found = await self._find_due(order, query, self._without_outbox, limit)
        return [(self._state(document), document["now"]) for document in found]

    async def remove(self, id: str) -> bool:
        """Delete an aggregate with an empty outbox; return false if its outbox is not empty or it does not exist."""
        async with outage_as_unavailable():
            return bool((await self._collection.delete_one({"_id": id, "outbox": []})).deleted_count)

    async def outbox(self, id: str) -> list[OutboxEntry]:
        """Return the unpublished events of one aggregate, oldest first."""
        async with outage_as_unavailable():
            found = await self._collection.find_one({"_id": id}, {"outbox": 1})
        return [OutboxEntry(**entry) for entry in found["outbox"]] if found else []

    async def mark_published(self, id: str, entries: Sequence[OutboxEntry]) -> None:
        """Remove published events, and the secrets in them, from the outbox.

        Calls during a running write are batched into the next one. If a write fails, the events stay in the outbox
        and are published again.
        """
        pull = {"$pull": {"outbox": {"id": {"$in": [entry.id for entry in entries]}}}}
        self._pending_pulls.append(UpdateOne({"_id": id}, pull))
        async with self._pull_lock:
            pulls, self._pending_pulls = self._pending_pulls, []
            if pulls:
                async with outage_as_unavailable():
                    await self._collection.bulk_write(pulls, ordered=False)

    async def unpublished(self, *, older_than_seconds: float, limit: int = 200) -> list[tuple[str, float]]:
        """Return ids of aggregates with unpublished events older than that, with the age of the oldest in seconds.

        The oldest come first. An event dated in the future, by a clock that is fast, counts as old.
        """
        pipeline = [
            {"$match": {"outbox.at": {"$gt": EPOCH}}},
            {"$project": {"age": {"$abs": {"$subtract": ["$$NOW", {"$min": "$outbox.at"}]}}}},
            {"$match": {"age": {"$gte": older_than_seconds * 1000}}},
            {"$sort": {"age": -1}},
            {"$limit": limit},
        ]
        async with outage_as_unavailable():
            found = await self._collection.aggregate(pipeline).to_list(limit)
        return [(document["_id"], document["age"] / 1000) for document in found]

    async def _find_due(self, order: Sequence[str], query: Document | None, projection: Document, limit: int) -> Any:
        filter = {**(query or {}), order[-1]: {"$gt": EPOCH}, "$expr": {"$lte": [f"${order[-1]}", "$$NOW"]}}
        async with outage_as_unavailable():
            cursor = self._collection.find(filter, projection).sort([(field, ASCENDING) for field in order])
            return await cursor.limit(limit).to_list(limit)

    async def _find_one(self, id: str, projection: Document) -> tuple[Document, datetime]:
        async with outage_as_unavailable():
            found: Document | None = await self._collection.find_one({"_id": id}, projection)
        if found is None:
            raise NotFound()
        return found, found["now"]

    async def _write(self, before: State, after: State, events: Sequence[Event]) -> Sequence[OutboxEntry] | None:
        """Write, and return the outbox if there are new events; return None after a concurrent write."""
        update, known = diff_update(before, after), {"_id": before.id, "version": before.version}
        async with outage_as_unavailable():
            if not events:
                return [] if (await self._collection.update_one(known, update)).matched_count else None
            update["$push"] = {"outbox": {"$each": [entry._asdict() for entry in entries_for(events)]}}
            found = await self._collection.find_one_and_update(
                known, update, projection={"outbox": 1}, return_document=ReturnDocument.AFTER
            )
        return [OutboxEntry(**entry) for entry in found["outbox"]] if found else None

    def _notify_relay(self, id: str, outbox: Sequence[OutboxEntry]) -> None:
        if outbox:
            self.on_outbox_written(id, outbox)

    def _state(self, document: Document) -> State:
        return self._model.model_validate({**document, "id": document["_id"]})


def _fields(state: State) -> Document:
    return state.model_dump(exclude={"id", "version"})
