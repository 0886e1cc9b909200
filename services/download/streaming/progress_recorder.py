"""The records of one GET: its bytes are reserved before they are sent, and recorded while they flow (R33-R38)."""

import asyncio
from uuid import uuid4

from services.download.domain.delivery import DeliveryKey
from services.download.domain.download import IN_DOUBT_BYTES, LEASE, GetProgress, GetStart
from services.download.domain.link import DownloadAttempt, Link
from services.download.domain.ranges import Range
from services.download.store import Links
from services.download.streaming import metrics
from services.download.streaming.revocation_cache import RevocationCache
from services.kit.clock import monotonic_seconds
from services.kit.logs import logger
from services.kit.refusals import Refusal, Unavailable

RECORD_SECONDS = 5.0
STALLED_SECONDS = 60.0
UNRECORDED_SECONDS = LEASE.total_seconds() - STALLED_SECONDS - RECORD_SECONDS
"""Bytes are sent no longer than that without a record, so that no reservation lapses while its bytes are sent."""
LAST_RECORD_TRIES = 15
PAUSE_SECONDS = 2.0


class NoLongerAllowed(Exception):
    """The lease is gone, or the transfer has ended: the response is cut."""


class ProgressRecorder:
    """Records one GET of `span`; the response sets `position`, up to where its bytes were handed out."""

    def __init__(
        self, links: Links, revocations: RevocationCache, link: str, attempt: DownloadAttempt, span: Range
    ) -> None:
        self._links = links
        self._revocations = revocations
        self.link = link
        self._attempt = attempt
        self._span = span
        self._get = uuid4().hex
        self.position = self._counted = self._reserved = span[0]
        self._delivery = DeliveryKey("", "")
        self._recorded_at = self._tried_at = 0.0
        self._has_begun = False

    async def begin(self) -> None:
        """Take or renew the lease, and reserve the first bytes; refuses when that is not possible."""
        start, stop = self._span
        begun, began = GetStart(self._get, self._span, min(start + 1, stop)), monotonic_seconds()
        link = await self._links.all.update(self.link, lambda link, now: self._attempt.fetch(link, begun, now))
        self._has_begun = True
        self._note_reservation(link, begun.needs, began)

    async def check_revocation(self) -> None:
        """Raise `NoLongerAllowed` once the transfer was withdrawn, refused, closed or quarantined, or the recipient
        revoked (quota rule 7).
        """
        if not await self._revocations.is_open(self._delivery):
            raise NoLongerAllowed()

    async def before_send(self, chunk_bytes: int) -> None:
        """Return when the next chunk may be sent: reserved in the database, and not too long after the last record."""
        upto = self.position + chunk_bytes
        while upto > self._reserved or monotonic_seconds() - self._tried_at >= RECORD_SECONDS:
            self._tried_at = monotonic_seconds()
            try:
                await self._record_and_reserve(upto)
                await self.check_revocation()
            except Unavailable:
                unrecorded_seconds = monotonic_seconds() - self._recorded_at
                if unrecorded_seconds >= LEASE.total_seconds():
                    raise
                logger().warning("what was delivered could not be recorded yet")
                if upto > self._reserved or unrecorded_seconds >= UNRECORDED_SECONDS:
                    await asyncio.sleep(PAUSE_SECONDS)
                    self._tried_at -= RECORD_SECONDS

    async def record_all_sent(self) -> None:
        """Record every byte of this GET before waiting until they have arrived, however long that takes."""
        await self._record(self._progress(needs=self.position + 1, wants=self.position))

    async def on_abort(self) -> None:
        """Record what was handed out by a response that did not end well; the last of it is taken as not delivered."""
        try:
            if self._has_begun:
                await self._record_end(self._progress())
        except Refusal:
            logger().info("a broken download could not go on")

    async def on_success(self) -> None:
        """Record that the whole range was delivered; when that makes the file whole, the download is done."""
        await self._record_end(GetProgress(self._get, self.position, delivered=self.position))

    async def _record_end(self, progress: GetProgress) -> None:
        """Write the last record of a GET; it is tried again for a minute, because no other one follows."""
        for tries_left in reversed(range(LAST_RECORD_TRIES)):
            try:
                await self._record(progress)
                break
            except Unavailable:
                if not tries_left:
                    raise
                await asyncio.sleep(PAUSE_SECONDS)

    async def _record_and_reserve(self, needs: int) -> None:
        began = monotonic_seconds()
        link = await self._record(self._progress(needs, self._span[1]))
        self._note_reservation(link, needs, began)

    async def _record(self, progress: GetProgress) -> Link:
        link = await self._links.all.update(self.link, lambda link, now: self._attempt.progress(link, progress, now))
        metrics.sent.inc(self.position - self._counted)
        self._counted = self.position
        return link

    def _progress(self, needs: int = 0, wants: int = 0) -> GetProgress:
        """Return what was handed out, of which the last 4 MiB may not have arrived, and what to reserve next."""
        delivered = max(self._span[0], self.position - IN_DOUBT_BYTES)
        return GetProgress(self._get, self.position, delivered, needs, wants)

    def _note_reservation(self, link: Link, needs: int, began: float) -> None:
        """Take over what the database has reserved; raise `NoLongerAllowed` when it is less than needed."""
        found = self._attempt.find(link)
        get = found.gets.get(self._get) if found else None
        self._delivery = DeliveryKey(link.transfer, link.recipient.address)
        self._recorded_at = self._tried_at = began
        if get is None or get.stop < needs:
            raise NoLongerAllowed()
        self._reserved = get.stop
