"""Find and remove orphans: objects and multipart uploads that no transfer refers to (R12)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from services.kit.logs import logger
from services.kit.metrics import Counter, Gauge
from services.kit.mongo import Database
from services.kit.objects import ObjectStore
from services.upload.file_uploads import transfer_id_of
from services.upload.store import Transfers

PAGE_SIZE = 1_000
CANDIDATE_RETENTION = timedelta(days=7)

orphans = Gauge("upload_orphans", "Objects and multipart uploads that no transfer refers to; 0 when healthy")
orphans_removed = Counter("upload_orphans_removed", "Orphans that were removed")


class OrphanCandidate(NamedTuple):
    """An object, or a multipart upload if it has an id; in the bucket since `since`."""

    key: str
    upload_id: str | None
    since: datetime


class OrphanSweeper:
    """Removes what is older than `age` and was found unknown twice, at least `interval` apart."""

    def __init__(
        self, database: Database, transfers: Transfers, objects: ObjectStore, age: timedelta, interval: timedelta
    ) -> None:
        self._database = database
        self._candidates = database.expiring_documents("orphan_candidates", expire_at="until")
        self._transfers = transfers
        self._objects = objects
        self._age = age
        self._interval = interval

    async def sweep(self) -> None:
        """Check the whole bucket, a page at a time."""
        seen = 0
        after = ""
        while page := await self._objects.list_page(after, PAGE_SIZE):
            seen += await self._check([OrphanCandidate(one.key, None, one.modified_at) for one in page])
            after = page[-1].key
        pending = await self._objects.multipart_uploads()
        for start in range(0, len(pending), PAGE_SIZE):
            batch = pending[start : start + PAGE_SIZE]
            seen += await self._check([OrphanCandidate(one.key, one.upload_id, one.started_at) for one in batch])
        orphans.set(seen)
        if seen:
            logger().warning("there are bytes that no transfer refers to", count=seen)

    async def _check(self, page: Sequence[OrphanCandidate]) -> int:
        """Return how many of these are orphans; remove those that were found before."""
        now = await self._database.now()
        old = [candidate for candidate in page if candidate.since <= now - self._age]
        known = (
            await self._transfers.uploads_of(list({transfer_id_of(candidate.key) for candidate in old})) if old else {}
        )
        unknown = [candidate for candidate in old if not _is_known(candidate, known)]
        for candidate in unknown:
            await self._record(candidate, now)
        return len(unknown)

    async def _record(self, candidate: OrphanCandidate, now: datetime) -> None:
        id = f"{candidate.key}:{candidate.upload_id or ''}"
        if await self._candidates.add(id, {"seen_at": now, "until": now + CANDIDATE_RETENTION}):
            return
        first = await self._candidates.get(id)
        if first is not None and first["seen_at"] <= now - self._interval:
            await self._remove(candidate)
            await self._candidates.discard({"_id": id})
            orphans_removed.inc()

    async def _remove(self, candidate: OrphanCandidate) -> None:
        if candidate.upload_id:
            await self._objects.abort_multipart(candidate.key, candidate.upload_id)
        else:
            await self._objects.remove(candidate.key)


def _is_known(candidate: OrphanCandidate, known: dict[str, set[str | None]]) -> bool:
    if candidate.upload_id:
        return candidate.upload_id in known.get(candidate.key, set())
    return candidate.key in known
