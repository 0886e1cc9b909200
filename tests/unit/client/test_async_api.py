"""The asynchronous client: on behalf of one person, without retries, with the same responses and refusals."""

import json

import httpx
import pytest

from client.async_api import AsyncApi, AsyncTransport
from client.errors import Problem, ResponseFault, UnexpectedResponse
from client.part_reader import FilePart
from client.response import MAX_RESPONSE_BYTES
from tests.fakes.api.app import SERVER, FakeApi
from tests.fakes.api.call import token
from tests.fakes.api.cards import DRAFT, KEY, TOKEN

HEADERS = {"Host": "files.example", "User-Agent": "melanissimo-portal"}


def client_of(transport: httpx.AsyncBaseTransport, session: str = "") -> AsyncApi:
    return AsyncApi(AsyncTransport(SERVER, HEADERS, transport), "en", session, {"X-Client-Address": "203.0.113.9"})


def client_with_response(answer: httpx.Response) -> AsyncApi:
    return client_of(httpx.MockTransport(lambda request: answer))


async def test_a_request_tells_on_whose_behalf_it_is_sent(api: FakeApi) -> None:
    session = token()
    await client_of(api.transport(), session).create_draft(DRAFT)
    (asked,) = api.asked
    expected = {**HEADERS, "Accept-Language": "en", "X-Client-Address": "203.0.113.9"}
    assert {name: asked.headers[name] for name in expected} == expected
    assert asked.headers["Authorization"] == f"Bearer {session}"


async def test_a_session_is_opened_without_the_token_of_another(api: FakeApi) -> None:
    opened = await client_of(api.transport(), token()).open_session(TOKEN, KEY, "Lovelace", "Ada")
    assert "Authorization" not in api.asked[0].headers
    assert (opened.name, opened.device) == (opened.document["name"], opened.document["device"])


async def test_a_file_is_uploaded_in_parts(api: FakeApi) -> None:
    client, file = client_of(api.transport(), token()), "3c2b1a09-8f7e-4d6c-9b5a-4f3e2d1c0b9a"
    await client.create_draft(DRAFT)
    plan = await client.announce_file(DRAFT, file, "plan.pdf", 5)
    part = FilePart.of(1, b"plans")
    await client.put_part(plan.parts_url, part)
    assert (await client.complete_file(DRAFT, file, part.sha256)).state == "complete"


async def test_a_server_that_cannot_be_reached_is_unavailable_and_not_asked_again() -> None:
    asked: list[str] = []

    def down(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        raise httpx.ConnectError("down")

    with pytest.raises(Problem) as caught:
        await client_of(httpx.MockTransport(down)).limits()
    assert (caught.value.status, caught.value.slug, caught.value.service) == (503, "unavailable", "")
    assert len(asked) == 1


async def test_a_refusal_names_its_service() -> None:
    answer = httpx.Response(502, content=b"<html>", headers={"retry-after": "7"})
    with pytest.raises(Problem) as caught:
        await client_with_response(answer).limits()
    assert (caught.value.slug, caught.value.service, caught.value.retry_after_seconds) == ("unavailable", "upload", 7)


async def test_a_response_of_another_kind_is_unexpected() -> None:
    for body, fault in (
        (b"[1]", ResponseFault.NOT_AN_OBJECT),
        (json.dumps({"files": "x"}).encode(), ResponseFault.INVALID_MEMBER),
        (b" " * (MAX_RESPONSE_BYTES + 1), ResponseFault.TOO_LONG),
    ):
        answer = httpx.Response(200, content=body, headers={"content-type": "application/json"})
        with pytest.raises(UnexpectedResponse) as caught:
            await client_with_response(answer).limits()
        assert caught.value.fault is fault


async def test_the_check_passes_with_any_response() -> None:
    await AsyncTransport(SERVER, HEADERS, httpx.MockTransport(lambda _: httpx.Response(404))).check()
    with pytest.raises(httpx.ConnectError):
        await AsyncTransport(SERVER, HEADERS, httpx.MockTransport(_down)).check()


def _down(_request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("down")
