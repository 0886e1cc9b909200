"""Every refusal of a part, and the problem that the client reads."""

import asyncio

import pytest

from tests.eventually import eventually
from tests.integration.gateway.nginx import PART, PART_HEAD, GatewayProcess, grant_parts
from tests.integration.gateway.raw_http import ReceivedRequest, connected, head, read_answer, refused, replying


@pytest.mark.parametrize("status", [401, 403, 404, 409, 410, 411, 413, 422])
async def test_a_refusal_by_the_upload_service_reaches_the_client(gateway: GatewayProcess, status: int) -> None:
    said = {"X_Refusal_Status": str(status), "X_Refusal_Type": "/problems/part-not-expected"}
    gateway["upload"].handler = replying("403 Forbidden", b"{}", **said, X_Refusal_Detail="Part 7 is too long")
    problem = refused(await gateway.ask("PUT", PART, body=b"x"), status, "part-not-expected")
    assert problem["detail"] == "Part 7 is too long"
    assert not gateway["store"].requests


@pytest.mark.parametrize(("status", "wait"), [(429, "10"), (503, "5")])
async def test_a_temporary_refusal_has_retry_after(gateway: GatewayProcess, status: int, wait: str) -> None:
    said = {"X_Refusal_Status": str(status), "X_Refusal_Type": "/problems/later"}
    gateway["upload"].handler = replying("403 Forbidden", **said)
    answer = await gateway.ask("PUT", PART, body=b"x")
    refused(answer, status, "later")
    assert answer.headers["retry-after"] == wait


async def test_an_invalid_refusal_becomes_a_problem_of_the_gateway(gateway: GatewayProcess) -> None:
    odd = {"X_Refusal_Type": '/problems/x","a":"b', "X_Refusal_Detail": 'say "x"'}
    gateway["upload"].handler = replying("403 Forbidden", X_Refusal_Status="404", **odd)
    assert "detail" not in refused(await gateway.ask("PUT", PART, body=b"x"), 404, "not-found")
    gateway["upload"].handler = replying("403 Forbidden")
    refused(await gateway.ask("PUT", PART, body=b"x"), 403, "forbidden")
    gateway["upload"].handler = replying("403 Forbidden", X_Refusal_Status="200")
    refused(await gateway.ask("PUT", PART, body=b"x"), 503, "unavailable")
    assert not gateway["store"].requests


@pytest.mark.parametrize("answer", ["500 Internal Server Error", "503 Service Unavailable", "302 Found", "down"])
async def test_without_the_upload_service_no_part_is_accepted(gateway: GatewayProcess, answer: str) -> None:
    if answer == "down":
        await gateway["upload"].stop()
    gateway["upload"].handler = replying(answer)
    told = await gateway.ask("PUT", PART, body=b"x")
    refused(told, 503, "unavailable")
    assert told.headers["retry-after"] == "5"
    assert not gateway["store"].requests


@pytest.mark.parametrize(
    ("store_says", "status", "slug"),
    [
        ("400 Bad Request", 422, "part-digest-mismatch"),
        ("404 Not Found", 409, "upload-closed"),
        ("403 Forbidden", 503, "store-unavailable"),
        ("411 Length Required", 503, "store-unavailable"),
        ("500 Internal Server Error", 503, "store-unavailable"),
        ("503 Slow Down", 503, "store-unavailable"),
        ("507 Insufficient Storage", 503, "store-unavailable"),
        ("307 Temporary Redirect", 503, "store-unavailable"),
    ],
)
async def test_a_refusal_by_the_store_becomes_a_problem_of_the_gateway(
    gateway: GatewayProcess, store_says: str, status: int, slug: str
) -> None:
    xml = b"<Error><Code>XAmzContentSHA256Mismatch</Code><Key>secret-key-name</Key></Error>"
    shown = {"X_Amz_Request_Id": "r", "Content_Type": "application/xml", "Location": "http://store.test/x"}
    gateway["store"].handler = replying(store_says, xml, **shown)
    answer = await gateway.ask("PUT", PART, body=b"x")
    refused(answer, status, slug)
    assert b"secret-key-name" not in answer.body
    assert not {"x-amz-request-id", "location"} & answer.headers.keys()
    assert answer.headers.get("retry-after") == ("5" if status == 503 else None)


async def test_an_unreachable_store_has_retry_after(gateway: GatewayProcess) -> None:
    await gateway["store"].stop()
    answer = await gateway.ask("PUT", PART, body=b"x" * 100_000)
    refused(answer, 503, "store-unavailable")
    assert answer.headers["retry-after"] == "5"


async def test_an_early_refusal_by_the_store_is_passed_on_while_the_client_sends(gateway: GatewayProcess) -> None:
    async def refuse(_seen: ReceivedRequest, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head("503 Slow Down", 0, Connection="close"))
        await writer.drain()

    gateway["store"].handler = refuse
    async with connected(gateway.api_port) as (reader, writer):
        writer.write(f"{PART_HEAD}Content-Length: 1000000\r\n\r\n".encode() + b"x" * 1000)
        answer = await eventually(lambda: read_answer(reader), "an answer before the body was sent")
    refused(answer, 503, "store-unavailable")


async def test_the_subrequest_cannot_choose_another_server(gateway: GatewayProcess) -> None:
    for path in ("@evil.test/x", ":80@evil.test/x", ".evil.test/x", "http://evil.test/x", "", "/a b"):
        grant_parts(gateway, X_Store_Path=path)
        await gateway.ask("PUT", PART, body=b"x")
        assert gateway["store"].requests.pop().target == "/"
