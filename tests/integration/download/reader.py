"""Readers who leave, and readers who are cut off."""

import asyncio

import httpx


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


async def open_download(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A line on which the headers of a whole file have come, and that buffers little."""
    url = httpx.URL(address)
    reader, writer = await asyncio.open_connection(url.host, url.port, limit=64 * 1024)
    writer.write(f"GET {url.raw_path.decode()} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 200 " in head.splitlines()[0], head
    return reader, writer


async def read_and_leave(address: str, size_bytes: int) -> bytes:
    """Read so many bytes, then drop the line."""
    reader, writer = await open_download(address)
    body = await reader.readexactly(size_bytes)
    writer.transport.abort()
    return body
