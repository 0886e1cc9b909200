"""An HTTP proxy between a program and the gateway that pauses after a number of bytes, resumes, and disconnects."""

import os
import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

LOOPBACK = "127.0.0.1"
CHUNK_BYTES = 64 * 1024
Direction = Literal["up", "down"]


class PausePoint(NamedTuple):
    """A point at which the proxy pauses: after so many bytes to the gateway ("up") or from it ("down")."""

    direction: Direction
    size_bytes: int


class PausingProxy:
    """Forwards requests for this machine to the port that they name, and the responses back.

    Once paused, it forwards nothing more in that direction. Its buffers are small, so that bytes that it does not
    forward stay with the gateway.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server((LOOPBACK, 0))
        self._ends: list[socket.socket] = []
        self._changed = threading.Condition()
        self._forwarded: dict[Direction, int] = {"up": 0, "down": 0}
        self._limits: dict[Direction, int] = {}
        self._is_paused = False

    @property
    def url(self) -> str:
        """Its address, for `http_proxy`."""
        return f"http://{LOOPBACK}:{self._listener.getsockname()[1]}"

    @contextmanager
    def program(self, command: Sequence[str], stdin: int | None = None) -> Iterator["subprocess.Popen[str]"]:
        """Run a program behind this proxy; kill it at the end of the block."""
        environment = os.environ | {"http_proxy": self.url, "no_proxy": ""}
        with subprocess.Popen(command, stdin=stdin, env=environment, text=True) as running:
            try:
                yield running
            finally:
                running.kill()

    @property
    def received_bytes(self) -> int:
        """The bytes received from the gateway so far."""
        return self._forwarded["down"]

    def pause_after(self, point: PausePoint) -> None:
        """Forward so many more bytes in this direction, then pause."""
        with self._changed:
            self._limits[point.direction] = self._forwarded[point.direction] + point.size_bytes

    def is_paused(self) -> bool:
        """Return True once paused; until then raise `AssertionError` with the bytes forwarded so far."""
        assert self._is_paused, f"{self._forwarded} bytes were forwarded; the pause is after {self._limits}"
        return True

    def resume(self) -> None:
        """Resume."""
        with self._changed:
            self._limits.clear()
            self._is_paused = False
            self._changed.notify_all()

    def disconnect(self) -> None:
        """Close all connections; new ones are accepted."""
        while self._ends:
            end = self._ends.pop()
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.resume()

    def __enter__(self) -> "PausingProxy":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()
        self.disconnect()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self._ends.append(near)
                threading.Thread(target=self._connect, args=(near,), daemon=True).start()

    def _connect(self, near: socket.socket) -> None:
        """Connect to the address of the first request, where all further ones go too."""
        with suppress(OSError):
            received = b""
            while b"\r\n" not in received and (more := near.recv(CHUNK_BYTES)):
                received += more
            address = urlsplit(received.split(b" ", 2)[1].decode()) if received else None
            if address is None or address.scheme != "http" or address.hostname != LOOPBACK:
                near.close()
                return
            far = socket.socket()
            self._ends.append(far)
            far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, CHUNK_BYTES)
            try:
                far.connect((LOOPBACK, address.port or 80))
            except OSError:
                near.close()  # nobody listens there: the client learns at once
                raise
            threading.Thread(target=self._carry, args=(far, near, "down"), daemon=True).start()
            self._carry(near, far, "up", received)

    def _carry(self, source: socket.socket, target: socket.socket, direction: Direction, chunk: bytes = b"") -> None:
        with suppress(OSError):
            while chunk or (chunk := source.recv(CHUNK_BYTES)):
                size = self._admit(direction, len(chunk))
                target.sendall(chunk[:size])
                chunk = chunk[size:]
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _admit(self, direction: Direction, size: int) -> int:
        """Return how many of these bytes may pass; wait while none may."""
        with self._changed:
            while not (admitted := self._admissible(direction, size)):
                self._is_paused = True
                self._changed.wait()
            self._forwarded[direction] += admitted
            return admitted

    def _admissible(self, direction: Direction, size: int) -> int:
        limit = self._limits.get(direction)
        return size if limit is None else min(size, limit - self._forwarded[direction])
