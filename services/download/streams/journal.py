"""What was handed over? Written on the link while bytes flow, and counted when it is whole (R33-R38)."""

import asyncio

from services.download.domain.attempts import Attempt
from services.download.domain.delivery import Handed
from services.download.domain.downloads import IN_DOUBT_BYTES, LAST_BYTES, Progress
from services.download.domain.link import Link
from services.download.domain.ranges import Range, covered, merged
from services.download.store import Links
from services.download.streams import gauges
from services.download.streams.closings import Closings
from services.kit.clock import monotonic_seconds
from services.kit.logs import logger
from services.kit.refusals import Refusal, Unavailable

RECORD_BYTES = 64 * 1024 * 1024
RECORD_SECONDS = 5.0
LAST_ATTEMPTS = 15
PAUSE_SECONDS = 2.0


class MayNotGoOn(Exception):
    """The lease is gone, or nothing of the transfer is handed out any more: the response is cut."""


class Journal:
    """The book of one GET of `span`; `position` is how far its bytes were handed to the line."""

    def __init__(self, links: Links, closings: Closings, link: str, attempt: Attempt, span: Range) -> None:
        self._links = links
        self._closings = closings
        self.link = link
        self._attempt = attempt
        self._start, self._stop = span
        self.position = self._booked = self._start
        self._handed: tuple[Range, ...] = ()
        self._to = Handed("", "")
        self._written_at = 0.0
        self._last_announced = False

    async def open(self) -> None:
        """Take or renew the lease; refuses when that is not possible."""
        self._keep(
            await self._links.all.update(self.link, lambda link, now: self._attempt.fetch(link, self._start, now))
        )

    async def may_go_on(self) -> None:
        """Raise `MayNotGoOn` once it was withdrawn, refused, closed, quarantined or revoked (quota rule 7)."""
        if not await self._closings.is_open(self._to):
            raise MayNotGoOn()

    async def before(self, chunk_bytes: int) -> None:
        """Write down what is due; no byte of the last MiB leaves before the book says so, and the lease allows it."""
        upto = self.position + chunk_bytes
        size, start = self._attempt.size_bytes, self._start
        if not self._last_announced and size - covered(merged(*self._handed, (start, upto))) <= LAST_BYTES:
            await self._record(announced=(self.position, self._stop))
            self._last_announced = True
        elif self._due():
            try:
                await self._record()
                await self.may_go_on()
            except Unavailable:
                logger().warning("what was delivered could not be written down yet")
                self._written_at = monotonic_seconds()

    async def broken(self) -> None:
        """The response did not end well: book what was handed over, and count the last of it as not arrived."""
        try:
            if self.position > self._booked:
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
                await self._links.all.update(self.link, lambda link, now: self._attempt.complete(link, progress, now))
                break
            except Unavailable:
                if not attempts_left:
                    raise
                await asyncio.sleep(PAUSE_SECONDS)
        self._count()

    async def _record(self, announced: Range = (0, 0)) -> None:
        progress = self._progress(confirmed=False)._replace(next=announced)
        self._keep(
            await self._links.all.update(self.link, lambda link, now: self._attempt.progress(link, progress, now))
        )
        self._count()

    def _progress(self, confirmed: bool) -> Progress:
        arrived = self.position if confirmed else max(self._start, self.position - IN_DOUBT_BYTES)
        return Progress((self._start, self.position), (self._start, arrived), self.position - self._booked)

    def _keep(self, link: Link) -> None:
        found = self._attempt.found(link)
        self._to = Handed(link.transfer, link.recipient.address)
        self._written_at = monotonic_seconds()
        if found is None or not found.serves(self._start):
            self._count()
            raise MayNotGoOn()
        self._handed = found.handed

    def _count(self) -> None:
        gauges.sent.inc(self.position - self._booked)
        self._booked = self.position

    def _due(self) -> bool:
        many = self.position - self._booked >= RECORD_BYTES
        return many or monotonic_seconds() - self._written_at >= RECORD_SECONDS
