"""Files are streamed to the client, and an aborted response is never a complete one."""

import asyncio
import socket
from collections.abc import Callable

from tests.eventually import eventually
from tests.integration.gateway.nginx import CAPABILITY, GatewayProcess
from tests.integration.gateway.raw_http import RawResponse, ReceivedRequest, connected, head, refused, replying

MEBIBYTE = 1 << 20
FILE = f"/files/{CAPABILITY}"
GET = f"GET {FILE} HTTP/1.1\r\nHost: fichiers.test\r\nConnection: close\r\n\r\n".encode()


async def test_requests_to_the_service_use_http_1_1_with_keep_alive(gateway: GatewayProcess) -> None:
    for _ in range(3):
        assert (await gateway.ask_files("GET", FILE)).body == b"ok"
    assert gateway["download"].connections == 1
    seen = gateway["download"].requests[0]
    assert seen.request_line == f"GET {FILE} HTTP/1.1"
    assert "connection" not in seen.headers


async def test_head_is_passed_on_as_head(gateway: GatewayProcess) -> None:
    async def lengthy(_seen: ReceivedRequest, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head("200 OK", 5_000_000_000))

    gateway["download"].handler = lengthy
    answer = await gateway.ask_files("HEAD", FILE)
    assert gateway["download"].requests[0].request_line.startswith("HEAD ")
    assert (answer.status, answer.headers["content-length"], answer.body) == (200, "5000000000", b"")


async def test_a_file_is_streamed(gateway: GatewayProcess) -> None:
    seen_by_client = asyncio.Event()

    async def in_two(_seen: ReceivedRequest, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head("200 OK", 10) + b"01234")
        await seen_by_client.wait()
        writer.write(b"56789")

    gateway["download"].handler = in_two
    async with connected(gateway.files_port) as (reader, writer):
        writer.write(GET)
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(5) == b"01234"
        seen_by_client.set()
        assert await reader.readexactly(5) == b"56789"


async def test_only_the_service_handles_ranges(gateway: GatewayProcess) -> None:
    gateway["download"].handler = replying("206 Partial Content", b"1234", Content_Range="bytes 1-4/10", ETag='"e"')
    answer = await gateway.ask_files("GET", FILE, "Range: bytes=1-4")
    assert (answer.status, answer.body) == (206, b"1234")
    assert (answer.headers["content-range"], answer.headers["etag"]) == ("bytes 1-4/10", '"e"')
    gateway["download"].handler = replying("200 OK", b"0123456789", Accept_Ranges="bytes")
    answer = await gateway.ask_files("GET", FILE, "Range: bytes=1-4")
    assert (answer.status, answer.body) == (200, b"0123456789")


async def test_an_aborted_response_of_the_service_is_not_a_complete_file(gateway: GatewayProcess) -> None:
    async def break_off(_seen: ReceivedRequest, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head("200 OK", 1000) + b"x" * 900)
        await writer.drain()
        writer.close()

    gateway["download"].handler = break_off
    answer = await gateway.ask_files("GET", FILE)
    assert (answer.status, answer.whole) == (200, False)


async def test_the_service_notices_a_client_that_disconnects(gateway: GatewayProcess) -> None:
    felt = asyncio.Event()

    async def endless(_seen: ReceivedRequest, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head("200 OK", 1000) + b"x")
        if not await reader.read(1):
            felt.set()
        writer.close()

    gateway["download"].handler = endless
    async with connected(gateway.files_port) as (reader, writer):
        writer.write(GET)
        await reader.readuntil(b"\r\n\r\n")
    await eventually(felt.wait, "the service feels that its client has left")


async def test_a_client_that_stops_reading_slows_the_service_down(gateway: GatewayProcess) -> None:
    """Bytes in flight fit into a few socket buffers; nothing is spooled to memory or disk."""
    total = 64 * MEBIBYTE
    sent = 0

    async def send_all(_seen: ReceivedRequest, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        connection: socket.socket = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 256 * 1024)
        writer.write(head("200 OK", total))
        while sent < total:
            writer.write(b"x" * 65536)
            await writer.drain()
            sent += 65536

    gateway["download"].handler = send_all
    async with connected(gateway.files_port) as (reader, writer):
        writer.write(GET)
        await reader.readuntil(b"\r\n\r\n")
        await eventually(lambda: is_held_back(gateway, lambda: sent), "nothing more leaves the service")
        assert sent < 12 * MEBIBYTE
        taken = 0
        while piece := await reader.read(MEBIBYTE):
            taken += len(piece)
    assert (sent, taken) == (total, total)


async def test_files_are_neither_cached_nor_changed_and_x_accel_headers_are_ignored(
    gateway: GatewayProcess,
) -> None:
    steering = {"X_Accel_Redirect": "/api/auth/x", "X_Accel_Buffering": "yes", "X_Accel_Limit_Rate": "1"}
    gateway["download"].handler = replying("200 OK", b"x" * 1000, Cache_Control="no-store, no-transform", **steering)
    answer = await gateway.ask_files("GET", FILE, "Accept-Encoding: gzip")
    assert (answer.status, answer.body) == (200, b"x" * 1000)
    assert answer.headers["cache-control"] == "no-store, no-transform"
    assert "content-encoding" not in answer.headers
    assert "accept-encoding" not in gateway["download"].requests[0].headers


async def test_a_restarted_service_is_used_at_once(gateway: GatewayProcess) -> None:
    async def ask() -> RawResponse:
        return await gateway.ask("GET", "/api/auth/x")

    assert (await ask()).status == 200
    await gateway["auth"].stop()
    for _ in range(5):
        answer = await ask()
        refused(answer, 503, "unavailable")
        assert answer.headers["retry-after"] == "5"
    await gateway["auth"].start()
    assert (await ask()).status == 200


async def test_of_two_replicas_the_running_one_responds(gateway: GatewayProcess) -> None:
    up, down = gateway["auth"], gateway["propagation"]
    await gateway.stop()
    servers = " ".join(f"server 127.0.0.1:{each.port} max_fails=0;" for each in (up, down))
    await gateway.start(GATEWAY_AUTH_SERVERS=servers)
    await down.stop()
    answers = [await gateway.ask("POST", "/api/auth/links", body=b"{}") for _ in range(6)]
    assert [answer.status for answer in answers] == [200] * 6
    assert len(up.requests) == 6


async def test_the_gateway_starts_without_any_service(gateway: GatewayProcess) -> None:
    await gateway.stop()
    await gateway.start(alone=True)
    for path in ("/api/auth/x", "/api/upload/x", "/api/propagation/x", "/api/download/x"):
        refused(await gateway.ask("GET", path), 503, "unavailable")
    refused(await gateway.ask_files("GET", FILE), 503, "unavailable")
    for name in gateway.origins:
        await gateway[name].start()
    assert (await gateway.ask_files("GET", FILE)).status == 200


async def test_a_request_that_reached_a_service_is_not_repeated(gateway: GatewayProcess) -> None:
    async def vanish(seen: ReceivedRequest, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    gateway["auth"].handler = vanish
    refused(await gateway.ask("POST", "/api/auth/links", body=b"{}"), 503, "unavailable")
    assert len(gateway["auth"].requests) == 1


async def test_a_graceful_stop_waits_for_running_downloads(gateway: GatewayProcess) -> None:
    going_on = asyncio.Event()

    async def in_two(_seen: ReceivedRequest, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head("200 OK", 10) + b"01234")
        await going_on.wait()
        writer.write(b"56789")

    gateway["download"].handler = in_two
    async with connected(gateway.files_port) as (reader, writer):
        writer.write(GET)
        await reader.readuntil(b"\r\n\r\n")
        gateway.quit()
        await eventually(lambda: not gateway.accepts())
        going_on.set()
        assert (await reader.readexactly(10)) == b"0123456789"


async def test_a_graceful_stop_waits_until_clients_have_received_what_the_kernel_holds(gateway: GatewayProcess) -> None:
    body = b"x" * 256 * 1024
    gateway["download"].handler = replying("200 OK", body)
    async with connected(gateway.files_port) as (reader, writer):
        writer.write(GET.replace(b"Connection: close\r\n", b""))
        assert b"\r\nConnection: close\r\n" in await reader.readuntil(b"\r\n\r\n")
        gateway.quit()
        await eventually(lambda: not gateway.accepts())
        assert await reader.readexactly(len(body)) == body
        assert gateway.runs
    await eventually(lambda: not gateway.runs, "it leaves once its client has")


async def is_held_back(gateway: GatewayProcess, sent: Callable[[], int]) -> bool:
    """The service sends nothing more while the gateway's only worker serves another client."""
    before = sent()
    for _ in range(3):
        assert (await gateway.ask("GET", "/api/auth/x")).status == 200
    return sent() == before
