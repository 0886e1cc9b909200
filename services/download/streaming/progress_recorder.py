"""The record of one GET: its bytes are reserved before they leave, and booked while they flow (R33-R38)."""

import asyncio
from uuid import uuid4

from services.download.domain.attempts import DownloadAttempt
from services.download.domain.delivery import DeliveryKey
from services.download.domain.download import IN_DOUBT_BYTES, LEASE
from services.download.domain.gets import GetProgress, GetStart
from services.download.domain.link import Link
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
"""Bytes leave no longer than that without a record, so that a reservation never lapses while its bytes are sent."""
LAST_ATTEMPTS = 15
PAUSE_SECONDS = 2.0


class NoLongerAllowed(Exception):
    """The lease is gone, or nothing of the transfer is handed out any more: the response is cut."""


class ProgressRecorder:
    """The record of one GET of `span`; `position` is how far its bytes were handed to the line."""

    def __init__(
        self, links: Links, closings: RevocationCache, link: str, attempt: DownloadAttempt, span: Range
    ) -> None:
        self._links = links
        self._closings = closings
        self.link = link
        self._attempt = attempt
        self._span = span
        self._get = uuid4().hex
        self.position = self._counted = self._reserved = span[0]
        self._to = DeliveryKey("", "")
        self._recorded_at = self._tried_at = 0.0
        self._is_open = False

    async def open(self) -> None:
        """Take or renew the lease, and reserve the first bytes; refuses when that is not possible."""
        start, stop = self._span
        begun, began = GetStart(self._get, self._span, min(start + 1, stop)), monotonic_seconds()
        link = await self._links.all.update(self.link, lambda link, now: self._attempt.fetch(link, begun, now))
        self._is_open = True
        self._keep(link, begun.needs, began)

    async def may_go_on(self) -> None:
        """Raise `NoLongerAllowed` once it was withdrawn, refused, closed, quarantined or revoked (quota rule 7)."""
        if not await self._closings.is_open(self._to):
            raise NoLongerAllowed()

    async def before(self, chunk_bytes: int) -> None:
        """Return when the next chunk may leave: reserved in the database, and not too long after the last record."""
        upto = self.position + chunk_bytes
        while upto > self._reserved or monotonic_seconds() - self._tried_at >= RECORD_SECONDS:
            self._tried_at = monotonic_seconds()
            try:
                await self._record(upto)
                await self.may_go_on()
            except Unavailable:
                unrecorded_seconds = monotonic_seconds() - self._recorded_at
                if unrecorded_seconds >= LEASE.total_seconds():
                    raise
                logger().warning("what was delivered could not be recorded yet")
                if upto > self._reserved or unrecorded_seconds >= UNRECORDED_SECONDS:
                    await asyncio.sleep(PAUSE_SECONDS)
                    self._tried_at -= RECORD_SECONDS

    async def all_handed_over(self) -> None:
        """Book every byte of this GET before it is waited for that they arrive, however long that takes."""
        handed = self._progress(confirmed=False)._replace(needs=self.position + 1, wants=self.position)
        await self._links.all.update(self.link, lambda link, now: self._attempt.progress(link, handed, now))
        self._count()

    async def broken(self) -> None:
        """The response did not end well: book what was handed over, and count the last of it as not arrived."""
        try:
            if self._is_open:
                await self._complete(confirmed=False)
        except Refusal:
            logger().info("a broken download could not go on")

    async def ended_well(self) -> None:
        """The last byte of the range was delivered; when that makes the file whole, the download is done."""
        await self._complete(confirmed=True)

    async def _complete(self, *, confirmed: bool) -> None:
        """The last record of a GET; it is tried again for a minute, because nothing comes after it."""
        progress = self._progress(confirmed)
        for attempts_left in reversed(range(LAST_ATTEMPTS)):
            try:
                await self._links.all.update(self.link, lambda link, now: self._attempt.progress(link, progress, now))
                break
            except Unavailable:
                if not attempts_left:
                    raise
                await asyncio.sleep(PAUSE_SECONDS)
        self._count()

    async def _record(self, needs: int) -> None:
        progress, began = (
            self._progress(confirmed=False)._replace(needs=needs, wants=self._span[1]),
            monotonic_seconds(),
        )
        link = await self._links.all.update(self.link, lambda link, now: self._attempt.progress(link, progress, now))
        self._count()
        self._keep(link, needs, began)

    def _progress(self, confirmed: bool) -> GetProgress:
        arrived = self.position if confirmed else max(self._span[0], self.position - IN_DOUBT_BYTES)
        return GetProgress(self._get, self.position, arrived)

    def _keep(self, link: Link, needs: int, began: float) -> None:
        found = self._attempt.found(link)
        get = found.gets.get(self._get) if found else None
        self._to = DeliveryKey(link.transfer, link.recipient.address)
        self._recorded_at = self._tried_at = began
        if get is None or get.stop < needs:
            raise NoLongerAllowed()
        self._reserved = get.stop

    def _count(self) -> None:
        metrics.sent.inc(self.position - self._counted)
        self._counted = self.position
