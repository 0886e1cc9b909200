"""A TCP proxy with limited upstream bandwidth: `bench.throttle_proxy PORT GATEWAY_PORT BYTES_PER_SECOND`."""

import asyncio
import socket
import subprocess
import sys
import time
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from devstack.ports import LOOPBACK

CHUNK_BYTES = 64 * 1024


class ThrottleProxy:
    """The proxy, as a process of its own, at `url`."""

    def __init__(self, gateway_url: str, bytes_per_second: float) -> None:
        with socket.create_server((LOOPBACK, 0)) as free:
            port = free.getsockname()[1]
        self.url = f"http://{LOOPBACK}:{port}"
        words = [str(port), str(urlsplit(gateway_url).port), str(bytes_per_second)]
        command = [sys.executable, "-m", "bench.throttle_proxy", *words]
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


class Throttle:
    """Limits the bandwidth, in order of arrival; unused bandwidth is not saved up."""

    def __init__(self, bytes_per_second: float) -> None:
        self._rate = bytes_per_second
        self._free_at = 0.0

    async def take(self, size_bytes: int) -> None:
        """Return when this many bytes have passed."""
        now = time.monotonic()
        self._free_at = max(self._free_at, now) + size_bytes / self._rate
        await asyncio.sleep(self._free_at - now)


async def serve(listen_port: int, gateway_port: int, bytes_per_second: float) -> None:
    """Serve until the process is ended."""
    throttle = Throttle(bytes_per_second)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await asyncio.open_connection(LOOPBACK, gateway_port)
        await asyncio.gather(
            _pass(reader, upstream_writer, throttle), _pass(upstream_reader, writer, None), return_exceptions=True
        )

    server = await asyncio.start_server(handle, LOOPBACK, listen_port)
    sys.stdout.write("open\n")
    sys.stdout.flush()
    await server.serve_forever()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, throttle: Throttle | None) -> None:
    try:
        while chunk := await reader.read(CHUNK_BYTES):
            if throttle:
                await throttle.take(len(chunk))
            writer.write(chunk)
            await writer.drain()
    finally:
        writer.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
