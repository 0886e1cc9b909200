"""One GET of the bytes: verified parts go out at the reader's pace; it is whole, or it visibly is not."""

import asyncio
from contextlib import suppress
from typing import NamedTuple

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.download.domain.refusals import TransferQuarantined
from services.download.store import Deliveries
from services.download.streams import gauges
from services.download.streams.counter import Counter
from services.download.streams.journal import STALLED_SECONDS, Journal, MayNotGoOn
from services.download.streams.parts import PartCorrupted, Reader
from services.kit.logs import logger
from services.kit.objects import ObjectMissing, StoreUnavailable
from services.kit.refusals import Unavailable

SMALLEST_CHUNK = 16 * 1024
FIRST_CHUNK = 256 * 1024
LARGEST_CHUNK = 1024 * 1024
COPIED_BYTES = 128 * 1024
SLOW_SECONDS = 2.0
SETTLING_SECONDS = 0.005


class ReaderLeft(Exception):
    """The reader closed the line, or took nothing of it for a minute."""


class Serving(Response):
    """A response that takes its place and its lease when it begins, and books what it handed over however it ends."""

    def __init__(
        self, head: "Head", journal: Journal, reader: Reader, counter: Counter, quarantine: "Quarantine"
    ) -> None:
        super().__init__(status_code=head.status)
        self.raw_headers = head.raw()
        self._journal = journal
        self._reader = reader
        self._counter = counter
        self._quarantine = quarantine
        self._chunk = FIRST_CHUNK

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse before the first byte, or send; a response that may not go on ends without its last byte."""
        async with self._counter.place(self._journal.link, self._reader.holds_bytes):
            try:
                await self._begin()
                await self._send_all(receive, send)
            finally:
                await asyncio.shield(self._reader.close())

    async def _begin(self) -> None:
        try:
            await self._journal.open()
            await self._reader.first()
        except BaseException as fault:
            await asyncio.shield(self._journal.broken())
            await self._refuse(fault)
            raise

    async def _refuse(self, fault: BaseException) -> None:
        if isinstance(fault, MayNotGoOn):
            raise Unavailable() from None
        if isinstance(fault, PartCorrupted):
            await self._quarantine.close(fault.file)
            raise TransferQuarantined() from None
        if isinstance(fault, ObjectMissing):
            logger().error("an object is missing")
            raise StoreUnavailable() from None

    async def _send_all(self, receive: Receive, send: Send) -> None:
        left = asyncio.Event()
        watching = asyncio.create_task(_watch(receive, left))
        outcome = "cancelled"
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            outcome = await self._outcome(send, left)
        finally:
            watching.cancel()
            gauges.ended.labels(outcome).inc()
            if outcome != "whole":
                await asyncio.shield(self._journal.broken())
        if outcome == "whole":
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _outcome(self, send: Send, left: asyncio.Event) -> str:
        try:
            async for part in self._reader.parts():
                await self._journal.may_go_on()
                with part:
                    await self._send_part(send, left, part)
            await _drained(send, left)
            await asyncio.shield(self._journal.ended_well())
        except ReaderLeft:
            return "left"
        except MayNotGoOn:
            return "cut"
        except PartCorrupted as found:
            await self._quarantine.close(found.file)
            return "corrupted"
        except (Unavailable, ObjectMissing):
            logger().warning("a download broke on our side", exc_info=True)
            return "unavailable"
        return "whole"

    async def _send_part(self, send: Send, left: asyncio.Event, part: memoryview) -> None:
        """Views of the part, but a copy of its end: once that is on its way, the line holds no view any more."""
        last = len(part) - COPIED_BYTES
        at = 0
        while at < len(part):
            if left.is_set():
                raise ReaderLeft()
            chunk = part[at : min(at + self._chunk, last)] if at < last else bytes(part[at:])
            await self._journal.before(len(chunk))
            self._journal.position += len(chunk)  # whatever ends the sending, some of the chunk may be on its way
            await self._send_chunk(send, chunk)
            at += len(chunk)
        await send({"type": "http.response.body", "body": b"", "more_body": True})

    async def _send_chunk(self, send: Send, chunk: bytes | memoryview) -> None:
        """Small chunks for a slow reader, so that its lease is renewed in time; large ones for a fast one."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        with suppress(TimeoutError):
            async with asyncio.timeout(STALLED_SECONDS):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        took = loop.time() - began
        if took >= STALLED_SECONDS:
            raise ReaderLeft()
        if took > SLOW_SECONDS:
            self._chunk = max(SMALLEST_CHUNK, self._chunk // 4)
        elif took < SLOW_SECONDS / 20:
            self._chunk = min(LARGEST_CHUNK, self._chunk * 2)
        await asyncio.sleep(0)


class Head(NamedTuple):
    """What is said before the bytes."""

    status: int
    headers: dict[str, str]

    def raw(self) -> list[tuple[bytes, bytes]]:
        """As ASGI takes them."""
        return [(name.encode("ascii"), value.encode("ascii")) for name, value in self.headers.items()]


class HeadOnly(Response):
    """The same headers and no bytes: the answer to HEAD, which takes no lease."""

    def __init__(self, head: Head) -> None:
        super().__init__(status_code=head.status)
        self.raw_headers = head.raw()


class Quarantine:
    """Closes one transfer to everybody, because what is stored of a file is not what was sent."""

    def __init__(self, deliveries: Deliveries, transfer: str) -> None:
        self._deliveries = deliveries
        self._transfer = transfer

    async def close(self, file: str) -> None:
        """Write it down and tell the operators."""
        logger().error("a stored part is not what was sent: the transfer is quarantined", transfer_id=self._transfer)
        await self._deliveries.all.update(self._transfer, lambda delivery, now: delivery.quarantined(file, now))


async def _drained(send: Send, left: asyncio.Event) -> None:
    """Wait until the line has taken what was handed to it, then look whether the reader is still there."""
    await send({"type": "http.response.body", "body": b"", "more_body": True})
    with suppress(TimeoutError):
        await asyncio.wait_for(left.wait(), SETTLING_SECONDS)
    if left.is_set():
        raise ReaderLeft()


async def _watch(receive: Receive, left: asyncio.Event) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    left.set()
