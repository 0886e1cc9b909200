"""HTTP/1.1 by hand: exactly the given bytes are sent, and the received ones are returned."""

import asyncio
import contextlib
import json
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from devstack.ports import LOOPBACK

Handler = Callable[["ReceivedRequest", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class ReceivedRequest:
    """A request as an upstream received it; `arrived` grows with the body."""

    request_line: str
    headers: dict[str, str]
    arrived: bytearray = field(default_factory=bytearray)
    ended_early: bool = False

    @property
    def target(self) -> str:
        return self.request_line.split(" ")[1]


@dataclass(frozen=True)
class RawResponse:
    """The response that the client received."""

    status: int
    headers: dict[str, str]
    body: bytes
    whole: bool


def head(status: str, length: int, /, **headers: str) -> bytes:
    """Return the head of a response; an underscore in a header's name stands for a hyphen."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {length}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def replying(status: str, body: bytes = b"", /, **headers: str) -> Handler:
    """Return a handler that reads the whole request and sends this response."""

    async def handle(seen: ReceivedRequest, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_body(seen, reader)
        writer.write(head(status, len(body), **headers) + body)
        await writer.drain()

    return handle


async def read_body(seen: ReceivedRequest, reader: asyncio.StreamReader) -> None:
    """Read the announced body, chunk by chunk."""
    wanted = int(seen.headers.get("content-length", "0"))
    while len(seen.arrived) < wanted:
        if not (piece := await reader.read(65536)):
            seen.ended_early = True
            return
        seen.arrived += piece


@contextlib.asynccontextmanager
async def connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(LOOPBACK, port, limit=1024)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


def _refused_in_full(raw: bytes) -> bool:
    start, _, body = raw.partition(b"\r\n\r\n")
    announced = re.match(rb"HTTP/1.1 [45].*\r\ncontent-length: (\d+)\r\n", start + b"\r\n", re.DOTALL | re.IGNORECASE)
    return announced is not None and len(body) >= int(announced[1])


async def read_answer(reader: asyncio.StreamReader) -> RawResponse:
    """Return the response up to the end of the connection; `whole` is whether the announced body is complete.

    A refusal ends with its announced body: nginx closes the connection later if it did not read the whole request.
    """
    raw = bytearray()
    with contextlib.suppress(ConnectionError):
        while not _refused_in_full(bytes(raw)) and (piece := await reader.read(65536)):
            raw += piece
    start, _, body = bytes(raw).partition(b"\r\n\r\n")
    lines = start.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
    announced = int(headers.get("content-length", len(body)))
    return RawResponse(int(lines[0].split(" ")[1]), headers, body, len(body) == announced)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def refused(answer: RawResponse, status: int, slug: str) -> dict[str, object]:
    """Assert that the gateway refused with this problem; return the problem."""
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, object] = json.loads(answer.body)
    assert told["status"] == status
    assert told["type"] == f"/problems/{slug}"
    assert told["title"]
    return told
