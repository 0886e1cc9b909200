"""The connection pool with an unreliable server: cut ranges are resumed, and no connection is reused after an error."""

import hashlib
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from itertools import takewhile
from typing import BinaryIO
from urllib.parse import urlsplit

import pytest

from services.kit import http_pool
from services.kit.backoff import Backoff
from services.kit.http_pool import ConnectionFailed, ConnectionPool, RangeReader, UnexpectedStatus
from tests.eventually import TIMEOUT_SECONDS, until

BODY = bytes(range(256)) * 4000
HALF = len(BODY) // 2


class Server:
    """Answers each request as the next of its `moods` says; `asked` are the first bytes and the connections' numbers.

    `whole` answers what was asked, `cut` ends after half of it, `silent` says nothing, `short` has less than was
    asked for, `leaves` is whole but hangs up after it without having said so, a number is a status.
    """

    def __init__(self, *moods: str) -> None:
        self.moods = list(moods)
        self.asked: list[tuple[int, int]] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._closed = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def close(self) -> None:
        self._closed.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # or the thread that waits there takes one more
        self._listening.close()
        for one in self._open:
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self._open.append(connection)
                threading.Thread(target=self._serve, args=(connection, len(self._open)), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with suppress(OSError, ValueError), connection, connection.makefile("rb") as stream:
            while head := _head(stream):
                start, stop = head.lower().partition(b"range: bytes=")[2].split(b"\r")[0].split(b"-")
                self.asked.append((int(start), number))
                if not self._answer(connection, int(start), int(stop) + 1):
                    return

    def _answer(self, connection: socket.socket, start: int, stop: int) -> bool:
        mood = self.moods.pop(0)
        if mood.isdigit():
            connection.sendall(f"HTTP/1.1 {mood} No\r\nContent-Length: 5\r\n\r\nsorry".encode())
            return True
        if mood == "silent":
            self._closed.wait()
            return False
        if mood == "short":
            stop -= 10
        connection.sendall(f"HTTP/1.1 206 Yes\r\nContent-Length: {stop - start}\r\n\r\n".encode())
        connection.sendall(BODY[start : (start + stop) // 2 if mood == "cut" else stop])
        return mood in ("whole", "short")


def _head(stream: BinaryIO) -> bytes:
    """All lines up to the empty one; nothing once the other side has hung up."""
    return b"".join(takewhile(lambda line: line not in (b"\r\n", b""), iter(stream.readline, None)))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """It is asked again without a pause, however slow this machine is."""
    monkeypatch.setattr(http_pool, "BACKOFF", Backoff(0, 0))
    monkeypatch.setattr(http_pool, "CONNECT_TIMEOUT_SECONDS", TIMEOUT_SECONDS)
    monkeypatch.setattr(http_pool, "READ_TIMEOUT_SECONDS", TIMEOUT_SECONDS)
    server = Server()
    yield server
    server.close()


@pytest.fixture
def pool(server: Server) -> Iterator[ConnectionPool]:
    pool = ConnectionPool(urlsplit(server.address))
    yield pool
    pool.close()


def reader(pool: ConnectionPool, start: int = 0, stop: int = len(BODY)) -> RangeReader:
    return RangeReader(pool, "/x", lambda at: {"Range": f"bytes={at}-{stop - 1}"}, start, stop)


def read(one: RangeReader, size: int) -> bytes:
    into = memoryview(bytearray(size))
    assert one.read_into(into) == hashlib.sha256(into).hexdigest()
    return bytes(into)


def test_what_is_read_in_order_takes_one_request_and_one_connection(server: Server, pool: ConnectionPool) -> None:
    server.moods = ["whole", "whole"]
    one = reader(pool)
    assert read(one, HALF) + read(one, len(BODY) - HALF) == BODY
    assert read(reader(pool, 5), len(BODY) - 5) == BODY[5:]
    assert server.asked == [(0, 1), (5, 1)]


def test_a_cut_range_is_resumed_where_it_ended(server: Server, pool: ConnectionPool) -> None:
    server.moods = ["cut", "cut", "whole"]
    one = reader(pool)
    assert read(one, 1000) == BODY[:1000]
    assert read(one, len(BODY) - 1000) == BODY[1000:]
    assert server.asked == [(0, 1), (1000, 2), (1000, 3)]


@pytest.mark.parametrize("mood", ["cut", "silent", "503"])
def test_retries_end(server: Server, pool: ConnectionPool, monkeypatch: pytest.MonkeyPatch, mood: str) -> None:
    if mood == "silent":
        monkeypatch.setattr(http_pool, "READ_TIMEOUT_SECONDS", 0.2)
    server.moods = [mood] * 9
    with pytest.raises(ConnectionFailed):
        read(reader(pool), len(BODY))
    until(lambda: len(server.asked) == 3, "the server has heard all three requests")


def test_a_server_error_is_retried(server: Server, pool: ConnectionPool) -> None:
    server.moods = ["503", "500", "whole"]
    assert read(reader(pool), len(BODY)) == BODY


@pytest.mark.parametrize("status", [301, 403, 404, 416])
def test_an_unexpected_status_is_final_and_keeps_the_connection(
    server: Server, pool: ConnectionPool, status: int
) -> None:
    server.moods = [str(status), "whole"]
    with pytest.raises(UnexpectedStatus) as refused:
        read(reader(pool), 10)
    assert refused.value.status == status
    assert read(reader(pool), len(BODY)) == BODY
    assert server.asked == [(0, 1), (0, 1)]


def test_a_response_shorter_than_requested_is_an_error(server: Server, pool: ConnectionPool) -> None:
    server.moods = ["short", "whole"]
    with pytest.raises(ConnectionFailed):
        read(reader(pool), len(BODY))
    assert len(server.asked) == 1
    assert read(reader(pool), len(BODY)) == BODY
    assert server.asked[-1] == (0, 2), "not on the connection where bytes may be left"


def test_an_idle_connection_that_the_server_has_closed_is_not_used(server: Server, pool: ConnectionPool) -> None:
    server.moods = ["leaves", "whole"]
    assert read(reader(pool), len(BODY)) == BODY
    assert read(reader(pool), len(BODY)) == BODY
    assert [number for _, number in server.asked] in ([1, 2], [1, 1, 2])


def test_a_connection_whose_response_was_abandoned_is_not_used_again(server: Server, pool: ConnectionPool) -> None:
    server.moods = ["whole", "whole"]
    one = reader(pool)
    read(one, 100)
    one.close()
    assert read(reader(pool), len(BODY)) == BODY
    assert server.asked == [(0, 1), (0, 2)]


def test_a_connection_that_is_released_after_its_pool_was_closed_is_closed(
    server: Server, pool: ConnectionPool
) -> None:
    server.moods = ["whole"]
    connection = pool.acquire()
    pool.close()
    pool.release(connection)
    assert connection.sock is None


def test_an_unreachable_server_is_a_failed_connection(server: Server, pool: ConnectionPool) -> None:
    server.close()
    with pytest.raises(ConnectionFailed):
        read(reader(pool), 10)
