"""What has the other end not received yet? The send queue of a connection, looked at in the kernel."""

import asyncio
import fcntl
import socket
import struct
import termios
from contextlib import suppress
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

EXTENSION = "melanissimo.connection"
MIN_POLL_SECONDS = 0.005
MAX_POLL_SECONDS = 0.1
LINGER_SECONDS = 60
TCP_CLOSE = 7


class Connection:
    """The connection of one request, as an application finds it in `scope["extensions"]`."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def unacknowledged_bytes(self) -> int:
        """Return how much was handed to it and is not known to have arrived; 0 once it is closing."""
        if self._transport.is_closing():
            return 0
        queued: int = self._transport.get_write_buffer_size()
        return queued + unacknowledged_bytes(self._transport.get_extra_info("socket"))

    async def wait_for_acknowledgement(self) -> None:
        """Return when more of what was handed to it has arrived, or nothing of that is left."""
        before, seconds = self.unacknowledged_bytes(), MIN_POLL_SECONDS
        while before and self.unacknowledged_bytes() >= before:
            await asyncio.sleep(seconds)  # the kernel has no event for it
            seconds = min(2 * seconds, MAX_POLL_SECONDS)

    def abort(self) -> None:
        """Close it, and forget what the kernel has not taken."""
        self._transport.abort()


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's, which shows the application its connection, and is not done with it before its last bytes arrived."""

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        extensions = {EXTENSION: Connection(self.transport)}
        self.scope = {**self.scope, "extensions": extensions}  # type: ignore[typeddict-item]

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the server wait for what the kernel still has to send."""
        connected = self.transport.get_extra_info("socket")
        if unacknowledged_bytes(connected):
            LingeringConnection(connected.dup(), self.connections)
        super().connection_lost(exc)


class LingeringConnection:
    """A closed connection whose last bytes are on their way: until they have arrived, the server counts it as open.

    The process would end otherwise, and with a pod its network goes, and with that the bytes.
    """

    def __init__(self, kept: socket.socket, connections: set[Any]) -> None:
        self._kept = kept
        self._connections = connections
        connections.add(self)
        kept.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, LINGER_SECONDS * 1000)
        with suppress(OSError):  # the other end may be gone by now
            kept.shutdown(socket.SHUT_WR)
        self._poll(MIN_POLL_SECONDS)

    def shutdown(self) -> None:
        """Do nothing: it is closed."""

    def _poll(self, seconds: float) -> None:
        if unacknowledged_bytes(self._kept):
            longer = min(2 * seconds, MAX_POLL_SECONDS)
            asyncio.get_running_loop().call_later(seconds, self._poll, longer)
        else:
            self._kept.close()
            self._connections.discard(self)


def unacknowledged_bytes(connected: socket.socket) -> int:
    """Return the size of the kernel's send queue; 0 when the connection is no more."""
    if connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == TCP_CLOSE:
        return 0
    answer = fcntl.ioctl(connected.fileno(), termios.TIOCOUTQ, b"\0" * 4)
    return int(struct.unpack("i", answer)[0])
