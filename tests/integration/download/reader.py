"""Clients that disconnect, and clients that are cut off."""

import asyncio
import socket
from contextlib import suppress

import httpx

LITTLE_BYTES = 64 * 1024


async def read_until_cut(client: httpx.AsyncClient, address: str) -> tuple[bytes, bool]:
    """What arrived, and whether the answer was whole."""
    received = bytearray()
    try:
        async with client.stream("GET", address) as answer:
            async for chunk in answer.aiter_raw():
                received += chunk
    except httpx.RemoteProtocolError:
        return bytes(received), False
    return bytes(received), True


async def read_the_rest(reader: asyncio.StreamReader) -> bytes:
    """Return what still comes until the connection ends or is cut."""
    received = bytearray()
    with suppress(ConnectionError):
        while chunk := await reader.read(LITTLE_BYTES):
            received += chunk
    return bytes(received)


async def open_download(address: str, start: int = 0) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a connection that buffers little, on which the headers of the bytes from `start` on have come."""
    status, reader, writer = await ask_download(address, start)
    assert status == 206, status
    return reader, writer


async def ask_download(
    address: str, start: int = 0, headers: str = ""
) -> tuple[int, asyncio.StreamReader, asyncio.StreamWriter]:
    """The same, whatever the answer is."""
    url = httpx.URL(address)
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LITTLE_BYTES)
    line.setblocking(False)
    await asyncio.get_running_loop().sock_connect(line, (url.host, url.port))
    reader, writer = await asyncio.open_connection(sock=line, limit=LITTLE_BYTES)
    asked = f"GET {url.raw_path.decode()} HTTP/1.1\r\nHost: x\r\nRange: bytes={start}-\r\n{headers}\r\n"
    writer.write(asked.encode())
    head = await reader.readuntil(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), reader, writer


async def read_and_leave(address: str, size_bytes: int) -> bytes:
    """Read so many bytes, then drop the connection."""
    reader, writer = await open_download(address)
    body = await reader.readexactly(size_bytes)
    writer.transport.abort()
    return body
