"""What is in the bucket that no transfer knows of? Nothing, when all is well (R12)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from services.kit.logs import logger
from services.kit.metrics import Counter, Gauge
from services.kit.mongo import Database
from services.kit.objects import ObjectStore
from services.upload.file_uploads import transfer_of
from services.upload.store import Transfers

PAGE = 1_000
REMEMBERED = timedelta(days=7)

orphans = Gauge("upload_orphans", "Objects and multipart uploads that no transfer knows of; 0 when healthy")
orphans_removed = Counter("upload_orphans_removed", "Orphans that were removed after two looks")


class Found(NamedTuple):
    """An object, or the multipart upload that has an id, in the bucket since then."""

    key: str
    upload_id: str | None
    since: datetime


class Orphans:
    """Two looks, some time apart, at what is older than `age`: only what nobody knew at both of them is removed."""

    def __init__(
        self, database: Database, transfers: Transfers, objects: ObjectStore, age: timedelta, apart: timedelta
    ) -> None:
        self._database = database
        self._suspects = database.expiring_documents("suspects", expire_at="until")
        self._transfers = transfers
        self._objects = objects
        self._age = age
        self._apart = apart

    async def sweep(self) -> None:
        """Look at the whole bucket, a page at a time."""
        seen = 0
        after = ""
        while page := await self._objects.list_page(after, PAGE):
            seen += await self._judge([Found(one.key, None, one.modified_at) for one in page])
            after = page[-1].key
        pending = await self._objects.multipart_uploads()
        for start in range(0, len(pending), PAGE):
            batch = pending[start : start + PAGE]
            seen += await self._judge([Found(one.key, one.upload_id, one.started_at) for one in batch])
        orphans.set(seen)
        if seen:
            logger().warning("there are bytes that no transfer knows of", count=seen)

    async def _judge(self, page: Sequence[Found]) -> int:
        """How many of these are orphans; those seen before are removed."""
        now = await self._database.now()
        old = [found for found in page if found.since <= now - self._age]
        known = await self._transfers.uploads_of(list({transfer_of(found.key) for found in old})) if old else {}
        unknown = [found for found in old if not _is_known(found, known)]
        for found in unknown:
            await self._suspect(found, now)
        return len(unknown)

    async def _suspect(self, found: Found, now: datetime) -> None:
        id = f"{found.key}:{found.upload_id or ''}"
        if await self._suspects.add(id, {"seen_at": now, "until": now + REMEMBERED}):
            return
        first = await self._suspects.get(id)
        if first is not None and first["seen_at"] <= now - self._apart:
            await self._remove(found)
            await self._suspects.discard({"_id": id})
            orphans_removed.inc()

    async def _remove(self, found: Found) -> None:
        if found.upload_id:
            await self._objects.abort_multipart(found.key, found.upload_id)
        else:
            await self._objects.remove(found.key)


def _is_known(found: Found, known: dict[str, set[str | None]]) -> bool:
    if found.upload_id:
        return found.upload_id in known.get(found.key, set())
    return found.key in known
