"""One GET of the bytes: verified parts go out at the reader's pace; it is whole, or it visibly is not."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import NamedTuple

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.download.domain.refusals import TransferQuarantined
from services.download.store import Deliveries
from services.download.streaming import metrics
from services.download.streaming.limiter import ClientDisconnected, DownloadLimiter, Preempted, Slot
from services.download.streaming.progress_recorder import NoLongerAllowed, ProgressRecorder
from services.download.streaming.throughput import FIRST_CHUNK, next_chunk
from services.download.streaming.verified_reader import PartCorrupted, VerifiedReader
from services.kit.clock import monotonic_seconds
from services.kit.connections import EXTENSION, ClientConnection
from services.kit.logs import logger
from services.kit.objects import ObjectMissing, StoreUnavailable
from services.kit.refusals import Unavailable

COPIED_BYTES = 128 * 1024
MOMENT_SECONDS = 0.5
SETTLING_SECONDS = 0.005


class DownloadResponse(Response):
    """A response that takes its place and its lease when it begins, and books what it handed over however it ends."""

    def __init__(
        self,
        head: "ResponseHead",
        journal: ProgressRecorder,
        reader: VerifiedReader,
        counter: DownloadLimiter,
        network: str,
        quarantine: "Quarantiner",
    ) -> None:
        super().__init__(status_code=head.status)
        self.raw_headers = head.raw()
        self._journal = journal
        self._reader = reader
        self._counter = counter
        self._network = network
        self._quarantine = quarantine
        self._chunk = FIRST_CHUNK

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse before the first byte, or send; a response that may not go on ends without its last byte."""
        async with self._counter.place(self._journal.link, self._network, self._reader.holds_bytes) as place:
            try:
                await self._begin()
                await self._send_all(receive, ClientStream(scope["extensions"][EXTENSION], send, place))
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
        if isinstance(fault, NoLongerAllowed):
            raise Unavailable() from None
        if isinstance(fault, PartCorrupted):
            await self._quarantine.close(fault.file)
            raise TransferQuarantined() from None
        if isinstance(fault, ObjectMissing):
            logger().error("an object is missing")
            raise StoreUnavailable() from None

    async def _send_all(self, receive: Receive, line: "ClientStream") -> None:
        watching = asyncio.create_task(line.watch(receive))
        outcome = "cancelled"
        try:
            await line.send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            outcome = await self._outcome(line)
        finally:
            watching.cancel()
            metrics.ended.labels(outcome).inc()
            if outcome != "whole":
                await asyncio.shield(self._journal.broken())
        if outcome == "whole":
            await line.send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _outcome(self, line: "ClientStream") -> str:
        try:
            async for part in self._reader.parts():
                await self._journal.may_go_on()
                with part:
                    await self._send_part(line, part)
            await line.drained(self._journal.all_handed_over)
            await asyncio.shield(self._journal.ended_well())
        except (ClientDisconnected, Preempted) as end:
            line.connection.abort()  # it would keep the bytes that the reader does not take
            return "left" if isinstance(end, ClientDisconnected) else "slow"
        except NoLongerAllowed:
            return "cut"
        except PartCorrupted as found:
            await self._quarantine.close(found.file)
            return "corrupted"
        except (Unavailable, ObjectMissing):
            logger().warning("a download broke on our side", exc_info=True)
            return "unavailable"
        return "whole"

    async def _send_part(self, line: "ClientStream", part: memoryview) -> None:
        """Views of the part, but a copy of its end: once that is on its way, the line holds no view any more."""
        last = len(part) - COPIED_BYTES
        at = 0
        while at < len(part):
            line.must_be_read()
            chunk = part[at : min(at + self._chunk, last)] if at < last else bytes(part[at:])
            await self._journal.before(len(chunk))
            self._journal.position += len(chunk)  # whatever ends the sending, some of the chunk may be on its way
            await self._send_chunk(line, chunk)
            at += len(chunk)
        await line.write(b"")

    async def _send_chunk(self, line: "ClientStream", chunk: bytes | memoryview) -> None:
        began = monotonic_seconds()
        await line.write(chunk)
        self._chunk = next_chunk(self._chunk, monotonic_seconds() - began)
        await asyncio.sleep(0)


class ClientStream:
    """The line towards one reader: what is sent to it is waited for, as long as its place allows."""

    def __init__(self, connection: ClientConnection, send: Send, place: Slot) -> None:
        self.connection = connection
        self.send = send
        self._place = place
        self._left = asyncio.Event()

    async def write(self, chunk: bytes | memoryview) -> None:
        """Return when there is room for the next chunk."""
        async with self._place.waiting(len(chunk)):
            await self.send({"type": "http.response.body", "body": chunk, "more_body": True})

    async def drained(self, before_waiting: Callable[[], Awaitable[None]]) -> None:
        """Wait until everything has arrived at the gateway, then look whether the reader is still there.

        That may take minutes; when it takes longer than a moment, what was handed over is booked before.
        """
        await self.write(b"")
        with suppress(TimeoutError):
            async with asyncio.timeout(MOMENT_SECONDS):
                while self.connection.unacknowledged_bytes():
                    await self.connection.wait_for_acknowledgement()
        if self.connection.unacknowledged_bytes():
            await before_waiting()
        while self.connection.unacknowledged_bytes():
            async with self._place.waiting():
                await self.connection.wait_for_acknowledgement()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._left.wait(), SETTLING_SECONDS)
        self.must_be_read()

    def must_be_read(self) -> None:
        """Raise `ClientDisconnected` once the connection was closed."""
        if self._left.is_set():
            raise ClientDisconnected()

    async def watch(self, receive: Receive) -> None:
        """Notice when it is closed."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self._left.set()


class ResponseHead(NamedTuple):
    """What is said before the bytes."""

    status: int
    headers: dict[str, str]

    def raw(self) -> list[tuple[bytes, bytes]]:
        """As ASGI takes them."""
        return [(name.encode("ascii"), value.encode("ascii")) for name, value in self.headers.items()]


class HeadResponse(Response):
    """The same headers and no bytes: the answer to HEAD, which takes no lease."""

    def __init__(self, head: ResponseHead) -> None:
        super().__init__(status_code=head.status)
        self.raw_headers = head.raw()


class Quarantiner:
    """Closes one transfer to everybody, because what is stored of a file is not what was sent."""

    def __init__(self, deliveries: Deliveries, transfer: str) -> None:
        self._deliveries = deliveries
        self._transfer = transfer

    async def close(self, file: str) -> None:
        """Write it down and tell the operators."""
        logger().error("a stored part is not what was sent: the transfer is quarantined", transfer_id=self._transfer)
        await self._deliveries.all.update(self._transfer, lambda delivery, now: delivery.quarantined(file, now))
