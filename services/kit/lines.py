"""How do many bytes come from a server? Over kept lines, into memory that is there already, digested on their way."""

import hashlib
import http.client
import select
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import SplitResult

PIECE_BYTES = 1024 * 1024
KERNEL_BYTES = 1024 * 1024
CONNECT_SECONDS = 2.0
SILENCE_SECONDS = 30.0
PAUSES_SECONDS = (0.0, 0.2, 0.4)
PASSING = frozenset({500, 502, 503, 504})

Headers = Mapping[str, str]


class NotAnswered(Exception):
    """The server could not be reached, or what it began to say did not end as it should."""


class Refused(Exception):
    """The server answered, and it was not the bytes."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Lines:
    """HTTP/1.1 connections to one server, for threads; one that is not in use is kept for the next who asks."""

    def __init__(self, address: SplitResult) -> None:
        self._host, self._port = address.hostname or "", address.port
        self._tls = ssl.create_default_context() if address.scheme == "https" else None
        self._idle: deque[http.client.HTTPConnection] = deque()

    def take(self) -> http.client.HTTPConnection:
        """A line that the server has not closed meanwhile, or a new one."""
        with suppress(IndexError):
            while True:
                line = self._idle.pop()
                if _is_silent(line.sock):
                    return line
                line.close()
        return self._connected()

    def keep(self, line: http.client.HTTPConnection) -> None:
        """Take back a line whose answer was read to the end."""
        if line.sock is not None:
            self._idle.append(line)

    def close(self) -> None:
        """Hang up all that are kept."""
        with suppress(IndexError):
            while True:
                self._idle.pop().close()

    def _connected(self) -> http.client.HTTPConnection:
        if self._tls is None:
            line = http.client.HTTPConnection(self._host, self._port, timeout=CONNECT_SECONDS)
        else:
            line = http.client.HTTPSConnection(self._host, self._port, timeout=CONNECT_SECONDS, context=self._tls)
        line.connect()
        line.sock.settimeout(SILENCE_SECONDS)
        line.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BYTES)  # it would grow with each slow reader
        return line


class Reading:
    """The bytes of one address from `at` to `stop`, read in order; where the line breaks they are asked for again.

    `headers` are those of a request that begins at a byte; one request is made for all that is left.
    """

    def __init__(self, lines: Lines, path: str, headers: Callable[[int], Headers], at: int, stop: int) -> None:
        self.at, self.stop = at, stop
        self._lines = lines
        self._path = path
        self._headers = headers
        self._line: http.client.HTTPConnection | None = None
        self._answer: http.client.HTTPResponse | None = None
        self._one_at_a_time = threading.Lock()

    def read_into(self, into: memoryview) -> str:
        """Fill `into` with what comes next; the SHA-256 of that, in hex.

        Raises `Refused` for another status than 200 and 206, `NotAnswered` when asking again did not help.
        """
        with self._one_at_a_time:
            digest = self._tried(into)
            self.at += len(into)
            if self.at == self.stop:
                self._end()
            return digest

    def close(self) -> None:
        """Ask for no more; waits for a `read_into` that is under way, since a line is never closed under a reader."""
        with self._one_at_a_time:
            self._end()

    def _tried(self, into: memoryview) -> str:
        for pause in PAUSES_SECONDS:
            time.sleep(pause)
            try:
                self._answer = self._answer or self._ask()
                return _take_in(self._answer, into)
            except Refused as refused:
                self._end()
                if refused.status not in PASSING:
                    raise
            except (OSError, http.client.HTTPException):
                self._hang_up()
        raise NotAnswered

    def _ask(self) -> http.client.HTTPResponse:
        self._line = self._lines.take()
        self._line.request("GET", self._path, headers=dict(self._headers(self.at)))
        answer = self._line.getresponse()
        if answer.status not in (200, 206):
            answer.read()
            raise Refused(answer.status)
        if answer.length != self.stop - self.at:
            self._hang_up()
            raise NotAnswered
        return answer

    def _end(self) -> None:
        if self._answer is not None and not self._answer.isclosed():
            self._hang_up()
        elif self._line is not None:
            self._lines.keep(self._line)
        self._line = self._answer = None

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
        self._line = self._answer = None


class Run:
    """A reading that is awaited: each of its steps is done in a thread."""

    def __init__(self, reading: Reading, in_thread: Callable[[Callable[[], Any]], Awaitable[Any]]) -> None:
        self._reading = reading
        self._in_thread = in_thread

    @property
    def at(self) -> int:
        """Where the next byte comes from."""
        return self._reading.at

    async def read_into(self, into: memoryview) -> str:
        """Fill `into` with what comes next; the SHA-256 of that, in hex.

        When this was cancelled, something is still written there until `close` has returned.
        """
        digest: str = await self._in_thread(lambda: self._reading.read_into(into))
        return digest

    async def close(self) -> None:
        """Ask for no more."""
        await self._in_thread(self._reading.close)


def _is_silent(sock: socket.socket) -> bool:
    """Between two requests, all there could be to hear is that the server has hung up."""
    listening = select.poll()
    listening.register(sock, select.POLLIN)
    return not listening.poll(0)


def _take_in(answer: http.client.HTTPResponse, into: memoryview) -> str:
    """Digested piece by piece, while each is near the processor."""
    digest, at = hashlib.sha256(), 0
    while at < len(into):
        taken = answer.readinto(into[at : at + PIECE_BYTES])
        if not taken:
            raise http.client.IncompleteRead(b"", len(into) - at)
        digest.update(into[at : at + taken])
        at += taken
    return digest.hexdigest()
