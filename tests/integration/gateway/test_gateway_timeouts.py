"""A client may be slow, but may not stall, and requests have a size limit."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.integration.gateway.nginx import PART_HEAD, GatewayProcess
from tests.integration.gateway.raw_http import connected


@pytest.fixture
async def quick_gateway(tmp_path: Path) -> AsyncIterator[GatewayProcess]:
    """A gateway whose timeouts are one second."""
    running = GatewayProcess(tmp_path)
    try:
        await running.start(short_timeouts=True)
        yield running
    finally:
        await running.stop()


async def test_a_request_whose_headers_never_end_is_aborted(quick_gateway: GatewayProcess) -> None:
    async with connected(quick_gateway.api_port) as (reader, writer):
        writer.write(b"GET /api/auth/x HTTP/1.1\r\nHost: envoi.test\r\n")
        assert b"200" not in await _cut(_drip(reader, writer))
    assert not quick_gateway["auth"].requests


async def test_a_body_that_stalls_is_aborted_and_never_reaches_the_service(quick_gateway: GatewayProcess) -> None:
    async with connected(quick_gateway.api_port) as (reader, writer):
        writer.write(b"POST /api/auth/x HTTP/1.1\r\nHost: envoi.test\r\nContent-Length: 100\r\n\r\n{")
        assert await _cut(_until_cut(reader)) == b""
    assert not quick_gateway["auth"].requests


async def test_a_part_that_stalls_ends_the_request_to_the_store(quick_gateway: GatewayProcess) -> None:
    async with connected(quick_gateway.api_port) as (reader, writer):
        writer.write(f"{PART_HEAD}Content-Length: 20\r\n\r\n".encode() + b"0123456789")
        await eventually(lambda: bool(quick_gateway["store"].requests))
        await _cut(_until_cut(reader))
        await eventually(lambda: quick_gateway["store"].requests[0].ended_early)


async def test_a_slow_upload_may_take_longer_than_the_body_timeout(quick_gateway: GatewayProcess) -> None:
    """Send pieces for twice the body timeout; repeat if this machine itself stalled meanwhile."""

    async def passes() -> bool:
        async with connected(quick_gateway.api_port) as (reader, writer):
            writer.write(f"{PART_HEAD}Content-Length: {8 * 16_000}\r\n\r\n".encode())
            for _ in range(8):
                await asyncio.sleep(0.25)
                writer.write(b"x" * 16_000)
            return b" 200 " in await _until_cut(reader)

    await eventually(passes, "a body that comes in eight pieces passes")
    assert len(quick_gateway["store"].requests[-1].arrived) == 8 * 16_000


async def _cut(ending: Coroutine[None, None, bytes]) -> bytes:
    """Return the bytes received until the gateway closed the connection."""
    said = asyncio.create_task(ending)
    await eventually(said.done, "the gateway ends the connection")
    return said.result()


async def _until_cut(reader: asyncio.StreamReader) -> bytes:
    """Return the bytes received before the connection was closed or reset."""
    try:
        return await reader.read()
    except ConnectionError:
        return b""


async def _drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Send one header at a time until the gateway closes the connection."""
    answer = asyncio.create_task(_until_cut(reader))
    while not answer.done():
        writer.write(b"X-More: x\r\n")
        await asyncio.wait({answer}, timeout=0.2)
    return answer.result()
