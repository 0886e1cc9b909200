"""Track which bytes of a response the client has not acknowledged, by the kernel's send queue."""

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


class ClientConnection:
    """The connection of a request, which an application finds in `scope["extensions"]`."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def unacknowledged_bytes(self) -> int:
        """Return how many written bytes are not acknowledged; 0 once the connection is closing."""
        if self._transport.is_closing():
            return 0
        queued: int = self._transport.get_write_buffer_size()
        return queued + unacknowledged_bytes(self._transport.get_extra_info("socket"))

    async def wait_for_acknowledgement(self) -> None:
        """Wait until more bytes are acknowledged, or none is left."""
        before, seconds = self.unacknowledged_bytes(), MIN_POLL_SECONDS
        while before and self.unacknowledged_bytes() >= before:
            await asyncio.sleep(seconds)  # the kernel has no event for this
            seconds = min(2 * seconds, MAX_POLL_SECONDS)

    def abort(self) -> None:
        """Close the connection and drop what the kernel has not taken."""
        self._transport.abort()


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's protocol; it exposes the connection, and keeps it open until its last bytes are acknowledged."""

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        extensions = {EXTENSION: ClientConnection(self.transport)}
        self.scope = {**self.scope, "extensions": extensions}  # type: ignore[typeddict-item]

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the server wait for the bytes in the kernel's send queue."""
        connected = self.transport.get_extra_info("socket")
        if unacknowledged_bytes(connected):
            LingeringConnection(connected.dup(), self.connections)
        super().connection_lost(exc)


class LingeringConnection:
    """A closed connection with unacknowledged bytes; the server counts it as open until they are acknowledged.

    Otherwise the process would end, and with a pod its network and the bytes would be lost.
    """

    def __init__(self, connected: socket.socket, connections: set[Any]) -> None:
        self._socket = connected
        self._connections = connections
        connections.add(self)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, LINGER_SECONDS * 1000)
        with suppress(OSError):  # the other end may be gone by now
            connected.shutdown(socket.SHUT_WR)
        self._poll(MIN_POLL_SECONDS)

    def shutdown(self) -> None:
        """Do nothing: the connection is closed."""

    def _poll(self, seconds: float) -> None:
        if unacknowledged_bytes(self._socket):
            longer = min(2 * seconds, MAX_POLL_SECONDS)
            asyncio.get_running_loop().call_later(seconds, self._poll, longer)
        else:
            self._socket.close()
            self._connections.discard(self)


def unacknowledged_bytes(connected: socket.socket) -> int:
    """Return the size of the kernel's send queue; 0 for a closed connection."""
    if connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == TCP_CLOSE:
        return 0
    answer = fcntl.ioctl(connected.fileno(), termios.TIOCOUTQ, b"\0" * 4)
    return int(struct.unpack("i", answer)[0])
