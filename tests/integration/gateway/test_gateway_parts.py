"""A part is authorised, signed and streamed to the store."""

import asyncio

from tests.eventually import eventually
from tests.integration.gateway.nginx import PART, PART_HEAD, SHA256, SIGNATURE, GatewayProcess
from tests.integration.gateway.raw_http import ReceivedRequest, connected, read_answer, refused, replying


async def test_the_upload_service_authorises_a_part_and_the_store_receives_a_signed_request(
    gateway: GatewayProcess,
) -> None:
    answer = await gateway.ask("PUT", PART, "X-Part-CRC32: 8cdc1683", "X-Part-Length: 1", body=b"hello")
    assert answer.status == 200
    (asked,) = gateway["upload"].requests
    assert asked.request_line == "GET /internal/part-authorization HTTP/1.1"
    assert asked.headers["x-original-uri"] == PART
    assert asked.headers["x-original-method"] == "PUT"
    assert asked.headers["x-part-length"] == "5"
    assert asked.headers["x-part-crc32"] == "8cdc1683"
    assert asked.headers["x-forwarded-for"] == "127.0.0.1"
    assert "content-length" not in asked.headers
    (stored,) = gateway["store"].requests
    assert stored.request_line == "PUT /melanissimo/object?partNumber=7&uploadId=u HTTP/1.1"
    assert bytes(stored.arrived) == b"hello"
    assert stored.headers == {
        "host": "store.test:9000",
        "authorization": SIGNATURE,
        "x-amz-date": "20260101T000000Z",
        "x-amz-content-sha256": SHA256,
        "content-length": "5",
    }


async def test_a_part_may_be_far_larger_than_the_body_of_an_api_request(gateway: GatewayProcess) -> None:
    body = bytes(range(256)) * 8192
    assert (await gateway.ask("PUT", PART, body=body)).status == 200
    assert bytes(gateway["store"].requests[0].arrived) == body
    assert gateway["upload"].requests[0].headers["x-part-length"] == str(len(body))


async def test_an_empty_part_is_accepted(gateway: GatewayProcess) -> None:
    assert (await gateway.ask("PUT", PART)).status == 200
    assert gateway["upload"].requests[0].headers["x-part-length"] == "0"
    assert gateway["store"].requests[0].headers["content-length"] == "0"


async def test_no_header_of_the_store_reaches_the_client(gateway: GatewayProcess) -> None:
    told = {"ETag": '"e"', "X-Amz-Request-Id": "r", "X-Amz-Id-2": "i", "X-Minio-Deployment-Id": "d", "Server": "MinIO"}
    told |= {"Accept-Ranges": "bytes", "X-Xss-Protection": "1", "Vary": "Origin", "X-Ratelimit-Limit": "9"}
    told |= {"X-Amz-Checksum-Crc64nvme": "c", "X-Rgw-Object-Type": "n", "Bucket": "melanissimo", "Date": "yesterday"}
    gateway["store"].handler = replying("200 OK", **told)
    answer = await gateway.ask("PUT", PART, body=b"x")
    hidden = {name.lower() for name in told} - {"server", "date"}
    assert not hidden & answer.headers.keys()
    assert (answer.headers["server"], answer.status) == ("nginx", 200)
    assert answer.headers["date"] != "yesterday"


async def test_a_part_is_streamed_to_the_store(gateway: GatewayProcess) -> None:
    async with connected(gateway.api_port) as (reader, writer):
        writer.write(f"{PART_HEAD}Content-Length: 20\r\n\r\n".encode() + b"0123456789")
        await eventually(lambda: bool(gateway["store"].requests) and len(gateway["store"].requests[0].arrived) == 10)
        writer.write(b"0123456789")
        answer = await read_answer(reader)
    assert answer.status == 200
    assert len(gateway["store"].requests[0].arrived) == 20


async def test_a_client_that_disconnects_ends_the_request_to_the_store(gateway: GatewayProcess) -> None:
    async with connected(gateway.api_port) as (_, writer):
        writer.write(f"{PART_HEAD}Content-Length: 20\r\n\r\n".encode() + b"0123456789")
        await eventually(lambda: bool(gateway["store"].requests))
    await eventually(lambda: gateway["store"].requests[0].ended_early)


async def test_100_continue_is_sent_only_after_the_authorisation(gateway: GatewayProcess) -> None:
    decided = asyncio.Event()
    yes = gateway["upload"].handler

    async def decide(seen: ReceivedRequest, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await decided.wait()
        await yes(seen, reader, writer)

    gateway["upload"].handler = decide
    async with connected(gateway.api_port) as (reader, writer):
        writer.write(f"{PART_HEAD}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n".encode())
        await eventually(lambda: bool(gateway["upload"].requests))
        first = asyncio.create_task(reader.readuntil(b"\r\n\r\n"))
        assert (await gateway.ask("GET", "/api/auth/x")).status == 200, "the gateway has gone on to something else"
        assert not first.done()
        decided.set()
        assert (await first).startswith(b"HTTP/1.1 100 Continue")
        writer.write(b"ok")
        assert (await read_answer(reader)).status == 200


async def test_100_continue_is_not_sent_before_a_refusal(gateway: GatewayProcess) -> None:
    gateway["upload"].handler = replying("403 Forbidden", X_Refusal_Status="409", X_Refusal_Type="/problems/no")
    answer = await gateway.send(f"{PART_HEAD}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n".encode())
    refused(answer, 409, "no")


async def test_a_part_needs_put_and_a_content_length_within_the_limit(gateway: GatewayProcess) -> None:
    refused(await gateway.send(f"{PART_HEAD}\r\n".encode()), 411, "length-required")
    refused(await gateway.send(f"{PART_HEAD}Transfer-Encoding: chunked\r\n\r\n".encode()), 411, "length-required")
    refused(await gateway.send(f"{PART_HEAD}Content-Length: 68000000\r\n\r\n".encode()), 413, "content-too-large")
    assert not gateway["upload"].requests
    answer = await gateway.ask("GET", PART)
    refused(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "PUT"
