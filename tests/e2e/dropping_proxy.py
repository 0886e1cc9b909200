"""A TCP proxy to one port that drops all connections each time it has forwarded a number of bytes."""

import asyncio
import threading
from contextlib import suppress
from types import TracebackType

LOOPBACK = "127.0.0.1"
CHUNK_BYTES = 64 * 1024


class DroppingProxy:
    """Drops connections by bytes, not by time, so that no test depends on the speed of the machine.

    Connections take turns with each chunk, so that concurrent ones get the same share of the bytes between two drops.
    """

    def __init__(self, port: int, drop_after_bytes: int) -> None:
        self.drops = 0
        self._port = port
        self._drop_after_bytes = drop_after_bytes
        self._left = drop_after_bytes
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def url(self) -> str:
        """The URL to use instead of the port's."""
        return f"http://{LOOPBACK}:{self._server.sockets[0].getsockname()[1]}"

    def __enter__(self) -> "DroppingProxy":
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _open(self) -> None:
        self._turn = asyncio.Lock()
        self._server = await asyncio.start_server(self._connect, LOOPBACK, 0, limit=CHUNK_BYTES)

    async def _close(self) -> None:
        self._server.close()
        self._drop()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _connect(self, near_reader: asyncio.StreamReader, near_writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(LOOPBACK, self._port, limit=CHUNK_BYTES)
        self._writers |= {near_writer, far_writer}
        with suppress(OSError):
            await asyncio.gather(self._up(near_reader, far_writer), self._down(far_reader, near_writer))
        for writer in (near_writer, far_writer):
            writer.transport.abort()
            self._writers.discard(writer)

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(CHUNK_BYTES):
            async with self._turn:  # the longest waiting connection is next
                self._left -= len(chunk)
                if self._left < 0:
                    self._drop()
                writer.write(chunk)
                await writer.drain()
        raise ConnectionResetError

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()
        raise ConnectionResetError

    def _drop(self) -> None:
        self.drops += 1
        self._left = self._drop_after_bytes
        for writer in self._writers:
            writer.transport.abort()
