"""An HTTP proxy between a program and the gateway: it can be held after so many bytes, released, and cut."""

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
Way = Literal["up", "down"]


class Stop(NamedTuple):
    """Where a line is held: after so many bytes to the gateway, or from it."""

    way: Way
    size_bytes: int


class Line:
    """Carries requests for this machine to the port that they name, and the answers back.

    A program that is told `url` as its proxy is stopped at a named point: once the line is held, nothing more passes
    that way. It buffers little, so that what was not carried stays with the gateway.
    """

    def __init__(self) -> None:
        self._door = socket.create_server((LOOPBACK, 0))
        self._ends: list[socket.socket] = []
        self._changed = threading.Condition()
        self._carried: dict[Way, int] = {"up": 0, "down": 0}
        self._limits: dict[Way, int] = {}
        self._is_held = False

    @property
    def url(self) -> str:
        """Its address, for `http_proxy`."""
        return f"http://{LOOPBACK}:{self._door.getsockname()[1]}"

    @contextmanager
    def program(self, command: Sequence[str], stdin: int | None = None) -> Iterator["subprocess.Popen[str]"]:
        """A program that goes by this line, and is killed at the end of the block."""
        environment = os.environ | {"http_proxy": self.url, "no_proxy": ""}
        with subprocess.Popen(command, stdin=stdin, env=environment, text=True) as running:
            try:
                yield running
            finally:
                running.kill()

    @property
    def carried_bytes(self) -> int:
        """What has come back so far."""
        return self._carried["down"]

    def hold_after(self, stop: Stop) -> None:
        """Let so many bytes more pass this way, and then none."""
        with self._changed:
            self._limits[stop.way] = self._carried[stop.way] + stop.size_bytes

    def is_held(self) -> bool:
        """So many bytes have passed, and there are more that cannot; asserted, so that a failure says how many did."""
        assert self._is_held, f"{self._carried} bytes were carried, and the line is held after {self._limits}"
        return True

    def release(self) -> None:
        """Hold it no longer."""
        with self._changed:
            self._limits.clear()
            self._is_held = False
            self._changed.notify_all()

    def cut(self) -> None:
        """Everything that is being carried stops in the middle; whoever dials again is connected again."""
        while self._ends:
            end = self._ends.pop()
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.release()

    def __enter__(self) -> "Line":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._door.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._door.accept()
                self._ends.append(near)
                threading.Thread(target=self._connect, args=(near,), daemon=True).start()

    def _connect(self, near: socket.socket) -> None:
        """The first request on a connection says where all of them go."""
        with suppress(OSError):
            said = b""
            while b"\r\n" not in said and (more := near.recv(CHUNK_BYTES)):
                said += more
            address = urlsplit(said.split(b" ", 2)[1].decode()) if said else None
            if address is None or address.scheme != "http" or address.hostname != LOOPBACK:
                near.close()
                return
            far = socket.socket()
            self._ends.append(far)
            far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, CHUNK_BYTES)
            try:
                far.connect((LOOPBACK, address.port or 80))
            except OSError:
                near.close()  # nobody is there: whoever dialled is told at once
                raise
            threading.Thread(target=self._carry, args=(far, near, "down"), daemon=True).start()
            self._carry(near, far, "up", said)

    def _carry(self, source: socket.socket, target: socket.socket, way: Way, chunk: bytes = b"") -> None:
        with suppress(OSError):
            while chunk or (chunk := source.recv(CHUNK_BYTES)):
                size = self._admit(way, len(chunk))
                target.sendall(chunk[:size])
                chunk = chunk[size:]
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _admit(self, way: Way, size: int) -> int:
        """How many of so many bytes may pass; waits while there are none."""
        with self._changed:
            while not (admitted := min(size, self._limits.get(way, size + self._carried[way]) - self._carried[way])):
                self._is_held = True
                self._changed.wait()
            self._carried[way] += admitted
            return admitted
