"""A line between somebody and the gateway: as slow as wanted, and it can be cut."""

import socket
import threading
import time
from contextlib import suppress
from types import TracebackType

CHUNK_BYTES = 64 * 1024


class Line:
    """Carries bytes between a port of its own and another; what comes back comes at most at this pace."""

    def __init__(self, port: int, bytes_per_second: int) -> None:
        self._target = ("127.0.0.1", port)
        self._pause_seconds = CHUNK_BYTES / bytes_per_second
        self._door = socket.create_server(("127.0.0.1", 0))
        self._ends: list[socket.socket] = []
        self.port: int = self._door.getsockname()[1]
        self.carried_bytes = 0

    def __enter__(self) -> "Line":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._door.close()
        self.cut()

    def cut(self) -> None:
        """Everything that is being carried stops in the middle; whoever dials again is connected again."""
        while self._ends:
            end = self._ends.pop()
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._door.accept()
                far = socket.create_connection(self._target)
                self._ends += [near, far]
                threading.Thread(target=self._carry, args=(near, far, 0.0), daemon=True).start()
                threading.Thread(target=self._carry, args=(far, near, self._pause_seconds), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, pause_seconds: float) -> None:
        with suppress(OSError):
            while chunk := source.recv(CHUNK_BYTES):
                target.sendall(chunk)
                if pause_seconds:
                    self.carried_bytes += len(chunk)
                    time.sleep(pause_seconds * len(chunk) / CHUNK_BYTES)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
