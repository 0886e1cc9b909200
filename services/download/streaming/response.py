"""The response to one GET of bytes: verified parts are sent at the client's speed; it is whole, or visibly is not."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import NamedTuple

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.download.domain.refusals import TransferInQuarantine
from services.download.store import Deliveries
from services.download.streaming import metrics
from services.download.streaming.limiter import ClientDisconnected, DownloadLimiter, Preempted, Slot
from services.download.streaming.progress_recorder import NoLongerAllowed, ProgressRecorder
from services.download.streaming.throughput import FIRST_CHUNK_BYTES, next_chunk_bytes
from services.download.streaming.verified_reader import PartCorrupted, VerifiedReader
from services.kit.clock import monotonic_seconds
from services.kit.connections import EXTENSION, ClientConnection
from services.kit.logs import logger
from services.kit.objects import ObjectMissing, StoreUnavailable
from services.kit.refusals import Unavailable

COPIED_BYTES = 128 * 1024
RECORD_BEFORE_WAITING_SECONDS = 0.5
DISCONNECT_NOTICE_SECONDS = 0.005
OUTCOMES = {ClientDisconnected: "left", Preempted: "slow", NoLongerAllowed: "cut"}


class ResponseHead(NamedTuple):
    """The status and the headers of a response."""

    status: int
    headers: dict[str, str]

    def raw(self) -> list[tuple[bytes, bytes]]:
        """Return the headers as ASGI takes them."""
        return [(name.encode("ascii"), value.encode("ascii")) for name, value in self.headers.items()]


class HeadResponse(Response):
    """The answer to HEAD: the same headers and no bytes; it takes no lease."""

    def __init__(self, head: ResponseHead) -> None:
        super().__init__(status_code=head.status)
        self.raw_headers = head.raw()


class DownloadResponse(Response):
    """A response that takes its slot and its lease when it begins, and records what it sent however it ends."""

    def __init__(
        self,
        head: ResponseHead,
        recorder: ProgressRecorder,
        reader: VerifiedReader,
        limiter: DownloadLimiter,
        network: str,
        quarantiner: "Quarantiner",
    ) -> None:
        super().__init__(status_code=head.status)
        self.raw_headers = head.raw()
        self._recorder = recorder
        self._reader = reader
        self._limiter = limiter
        self._network = network
        self._quarantiner = quarantiner
        self._chunk_bytes = FIRST_CHUNK_BYTES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse before the first byte, or send; a response that is cut ends without its last byte."""
        async with self._limiter.slot(self._recorder.link, self._network, self._reader.held_bytes) as slot:
            try:
                await self._begin()
                await self._send_all(receive, ClientStream(scope["extensions"][EXTENSION], send, slot))
            finally:
                await asyncio.shield(self._reader.close())

    async def _begin(self) -> None:
        try:
            await self._recorder.begin()
            await self._reader.prefetch()
        except BaseException as fault:
            await asyncio.shield(self._recorder.on_abort())
            await self._refuse(fault)
            raise

    async def _refuse(self, fault: BaseException) -> None:
        if isinstance(fault, NoLongerAllowed):
            raise Unavailable() from None
        if isinstance(fault, PartCorrupted):
            await self._quarantiner.close(fault.file)
            raise TransferInQuarantine() from None
        if isinstance(fault, ObjectMissing):
            logger().error("an object is missing")
            raise StoreUnavailable() from None

    async def _send_all(self, receive: Receive, client: "ClientStream") -> None:
        watching = asyncio.create_task(client.watch(receive))
        outcome = "cancelled"
        try:
            await client.send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            outcome = await self._send_body(client)
        finally:
            watching.cancel()
            metrics.ended.labels(outcome).inc()
            if outcome != "whole":
                await asyncio.shield(self._recorder.on_abort())
        if outcome == "whole":
            await client.send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_body(self, client: "ClientStream") -> str:
        """Send every part and wait until all has arrived; return how it ended, as the metric names it."""
        try:
            async for part in self._reader.chunks():
                await self._recorder.check_revocation()
                with part:
                    await self._send_part(client, part)
            await client.drain(self._recorder.record_all_sent)
            await asyncio.shield(self._recorder.on_success())
        except (ClientDisconnected, Preempted, NoLongerAllowed) as end:
            client.connection.abort()  # it would keep the bytes that the client does not take
            return OUTCOMES[type(end)]
        except PartCorrupted as found:
            await self._quarantiner.close(found.file)
            return "corrupted"
        except (Unavailable, ObjectMissing):
            logger().warning("a download broke on our side", exc_info=True)
            return "unavailable"
        return "whole"

    async def _send_part(self, client: "ClientStream", part: memoryview) -> None:
        """Send views of the part, but a copy of its end: once that is written, the connection holds no view."""
        last = len(part) - COPIED_BYTES
        at = 0
        while at < len(part):
            client.must_be_connected()
            chunk = part[at : min(at + self._chunk_bytes, last)] if at < last else bytes(part[at:])
            await self._recorder.before_send(len(chunk))
            self._recorder.position += len(chunk)  # whatever ends the sending, some of the chunk may be on its way
            await self._send_chunk(client, chunk)
            at += len(chunk)
        await client.write(b"")

    async def _send_chunk(self, client: "ClientStream", chunk: bytes | memoryview) -> None:
        began = monotonic_seconds()
        await client.write(chunk)
        self._chunk_bytes = next_chunk_bytes(self._chunk_bytes, monotonic_seconds() - began)
        await asyncio.sleep(0)


class ClientStream:
    """The connection to one client; each write waits for it, as long as the slot of the response allows."""

    def __init__(self, connection: ClientConnection, send: Send, slot: Slot) -> None:
        self.connection = connection
        self.send = send
        self._slot = slot
        self._disconnected = asyncio.Event()

    async def write(self, chunk: bytes | memoryview) -> None:
        """Write a chunk, and return when there is room for the next one."""
        async with self._slot.waiting(len(chunk)):
            await self.send({"type": "http.response.body", "body": chunk, "more_body": True})

    async def drain(self, before_waiting: Callable[[], Awaitable[None]]) -> None:
        """Wait until everything has arrived at the gateway, then check that the client is still there.

        That may take minutes; `before_waiting` is called first when it takes longer than half a second.
        """
        await self.write(b"")
        with suppress(TimeoutError):
            async with asyncio.timeout(RECORD_BEFORE_WAITING_SECONDS):
                while self.connection.unacknowledged_bytes():
                    await self.connection.wait_for_acknowledgement()
        if self.connection.unacknowledged_bytes():
            await before_waiting()
        while self.connection.unacknowledged_bytes():
            async with self._slot.waiting():
                await self.connection.wait_for_acknowledgement()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._disconnected.wait(), DISCONNECT_NOTICE_SECONDS)
        self.must_be_connected()

    def must_be_connected(self) -> None:
        """Raise `ClientDisconnected` once the connection was closed."""
        if self._disconnected.is_set():
            raise ClientDisconnected()

    async def watch(self, receive: Receive) -> None:
        """Wait until the connection is closed, and note it."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self._disconnected.set()


class Quarantiner:
    """Puts one transfer in quarantine, because what is stored of a file is not what was sent."""

    def __init__(self, deliveries: Deliveries, transfer: str) -> None:
        self._deliveries = deliveries
        self._transfer = transfer

    async def close(self, file: str) -> None:
        """Close the transfer to everybody, and alert the operators."""
        logger().error("a stored part is not what was sent: the transfer is quarantined", transfer_id=self._transfer)
        await self._deliveries.all.update(self._transfer, lambda delivery, now: delivery.put_in_quarantine(file, now))
