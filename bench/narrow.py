"""A line that carries so many bytes a second towards the gateway, whoever sends them: `bench.narrow FROM TO RATE`."""

import asyncio
import socket
import subprocess
import sys
import time
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from devstack.ports import LOOPBACK

PIECE_BYTES = 64 * 1024


class Narrow:
    """The line, as a process of its own; `url` is its near end."""

    def __init__(self, gateway_url: str, bytes_a_second: float) -> None:
        with socket.create_server((LOOPBACK, 0)) as free:
            port = free.getsockname()[1]
        self.url = f"http://{LOOPBACK}:{port}"
        words = [str(port), str(urlsplit(gateway_url).port), str(bytes_a_second)]
        command = [sys.executable, "-m", "bench.narrow", *words]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)  # noqa: S603

    def __enter__(self) -> Self:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        self._process.stdout.readline()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.communicate()


class Meter:
    """Lets pass what the line carries, in the order of arrival; what was not used is lost."""

    def __init__(self, bytes_a_second: float) -> None:
        self._rate = bytes_a_second
        self._free_at = 0.0

    async def take(self, size_bytes: int) -> None:
        """Returns when so many bytes have gone through."""
        now = time.monotonic()
        self._free_at = max(self._free_at, now) + size_bytes / self._rate
        await asyncio.sleep(self._free_at - now)


async def serve(near: int, far: int, bytes_a_second: float) -> None:
    """Until the process is ended."""
    meter = Meter(bytes_a_second)

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, onwards = await asyncio.open_connection(LOOPBACK, far)
        await asyncio.gather(_pass(reader, onwards, meter), _pass(there, writer, None), return_exceptions=True)

    server = await asyncio.start_server(carry, LOOPBACK, near)
    sys.stdout.write("open\n")
    sys.stdout.flush()
    await server.serve_forever()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, meter: Meter | None) -> None:
    try:
        while piece := await reader.read(PIECE_BYTES):
            if meter:
                await meter.take(len(piece))
            writer.write(piece)
            await writer.drain()
    finally:
        writer.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
