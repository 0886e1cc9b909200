"""HTTP connection pool for threads; reads byte ranges into preallocated buffers and digests them (ADR 28)."""

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

from services.kit.backoff import Backoff

CHUNK_BYTES = 1024 * 1024
RECEIVE_BUFFER_BYTES = 1024 * 1024
CONNECT_TIMEOUT_SECONDS = 2.0
READ_TIMEOUT_SECONDS = 30.0
MAX_ATTEMPTS = 3
BACKOFF = Backoff(0.2, 0.4)
RETRYABLE_STATUSES = frozenset({500, 502, 503, 504})

Headers = Mapping[str, str]


class ConnectionFailed(Exception):
    """The server could not be reached, or its response was incomplete."""


class UnexpectedStatus(Exception):
    """The server answered with another status than 200 or 206."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class ConnectionPool:
    """HTTP/1.1 connections to one server, for threads; idle connections are reused."""

    def __init__(self, address: SplitResult) -> None:
        self._host, self._port = address.hostname or "", address.port
        self._tls = ssl.create_default_context() if address.scheme == "https" else None
        self._idle: deque[http.client.HTTPConnection] = deque()
        self._is_closed = False

    def acquire(self) -> http.client.HTTPConnection:
        """Return an idle connection that the server has not closed, or a new one."""
        with suppress(IndexError):
            while True:
                connection = self._idle.pop()
                if _is_idle(connection.sock):
                    return connection
                connection.close()
        return self._connect()

    def release(self, connection: http.client.HTTPConnection) -> None:
        """Return a connection to the pool; its response must be read to the end. A closed pool closes it."""
        if connection.sock is not None:
            self._idle.append(connection)
        if self._is_closed:
            self.close()

    def close(self) -> None:
        """Close all idle connections, and from now on each that is released."""
        self._is_closed = True
        with suppress(IndexError):
            while True:
                self._idle.pop().close()

    def _connect(self) -> http.client.HTTPConnection:
        if self._tls is None:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=CONNECT_TIMEOUT_SECONDS)
        else:
            connection = http.client.HTTPSConnection(
                self._host, self._port, timeout=CONNECT_TIMEOUT_SECONDS, context=self._tls
            )
        connection.connect()
        connection.sock.settimeout(READ_TIMEOUT_SECONDS)
        # A fixed size, because the kernel would enlarge the buffer with each slow reader.
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        return connection


class RangeReader:
    """Reads the bytes from `at` to `stop` of one resource in order; resumes after a broken connection.

    `headers` returns those of a request from a given byte; each request asks for all remaining bytes.
    """

    def __init__(self, pool: ConnectionPool, path: str, headers: Callable[[int], Headers], at: int, stop: int) -> None:
        self.at, self.stop = at, stop
        self._pool = pool
        self._path = path
        self._headers = headers
        self._connection: http.client.HTTPConnection | None = None
        self._response: http.client.HTTPResponse | None = None
        self._lock = threading.Lock()

    def read_into(self, into: memoryview) -> str:
        """Fill `into` with the next bytes and return their SHA-256 in hex.

        Raises `UnexpectedStatus` for another status than 200 and 206, `ConnectionFailed` when all retries failed.
        """
        with self._lock:
            digest = self._read_with_retry(into)
            self.at += len(into)
            if self.at == self.stop:
                self._release()
            return digest

    def close(self) -> None:
        """Stop reading; waits for a running `read_into`, because a connection is never closed during a read."""
        with self._lock:
            self._release()

    def _read_with_retry(self, into: memoryview) -> str:
        for failures in range(MAX_ATTEMPTS):
            if failures:
                time.sleep(BACKOFF.pause_seconds(failures))
            try:
                self._response = self._response or self._request()
                return _read_chunks(self._response, into)
            except UnexpectedStatus as unexpected:
                self._release()
                if unexpected.status not in RETRYABLE_STATUSES:
                    raise
            except (OSError, http.client.HTTPException):
                self._disconnect()
        raise ConnectionFailed

    def _request(self) -> http.client.HTTPResponse:
        self._connection = self._pool.acquire()
        self._connection.request("GET", self._path, headers=dict(self._headers(self.at)))
        response = self._connection.getresponse()
        if response.status not in (200, 206):
            response.read()
            raise UnexpectedStatus(response.status)
        if response.length != self.stop - self.at:
            self._disconnect()
            raise ConnectionFailed
        return response

    def _release(self) -> None:
        if self._response is not None and not self._response.isclosed():
            self._disconnect()
        elif self._connection is not None:
            self._pool.release(self._connection)
        self._connection = self._response = None

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = self._response = None


class AsyncRangeReader:
    """An awaitable `RangeReader`: each step runs in a thread."""

    def __init__(self, reader: RangeReader, in_thread: Callable[[Callable[[], Any]], Awaitable[Any]]) -> None:
        self._reader = reader
        self._in_thread = in_thread

    @property
    def at(self) -> int:
        """Return the position of the next byte."""
        return self._reader.at

    async def read_into(self, into: memoryview) -> str:
        """Fill `into` with the next bytes and return their SHA-256 in hex.

        After a cancellation, bytes are still written to `into` until `close` has returned.
        """
        digest: str = await self._in_thread(lambda: self._reader.read_into(into))
        return digest

    async def close(self) -> None:
        """Stop reading."""
        await self._in_thread(self._reader.close)


def _is_idle(sock: socket.socket) -> bool:
    """Return whether nothing is readable: between two requests, that could only be the end of the connection."""
    poller = select.poll()
    poller.register(sock, select.POLLIN)
    return not poller.poll(0)


def _read_chunks(response: http.client.HTTPResponse, into: memoryview) -> str:
    """Read and digest chunk by chunk, while each chunk is in the processor's cache."""
    digest, at = hashlib.sha256(), 0
    while at < len(into):
        taken = response.readinto(into[at : at + CHUNK_BYTES])
        if not taken:
            raise http.client.IncompleteRead(b"", len(into) - at)
        digest.update(into[at : at + taken])
        at += taken
    return digest.hexdigest()
