"""A refusal on the wire: RFC 9457, in the reader's language, whatever was asked."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from services.kit.refusals import Gone, TooManyRequests, Unavailable
from services.kit.service import create_api

router = APIRouter(prefix="/api/probe")


class Spent(Gone):
    """All of it was taken."""

    title_fr = "Tout a été pris."


class Asked(BaseModel):
    number: int = Field(ge=3)


@router.post("/things")
async def things(asked: Asked) -> dict[str, int]:
    return {"number": asked.number}


@router.get("/refused")
async def refused() -> None:
    raise Spent(limit=3)


@router.get("/busy")
async def busy() -> None:
    raise TooManyRequests(retry_after_seconds=42)


@router.get("/away")
async def away() -> None:
    raise Unavailable()


@router.get("/broken")
async def broken() -> None:
    raise RuntimeError("secret@address.example")


@router.post("/drink")
async def drink(request: Request) -> dict[str, int]:
    return {"bytes": len(await request.body())}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_api("probe", router, None), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://probe") as client:
        yield client


async def test_a_refusal_is_named_titled_and_says_what_it_may(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/probe/refused", headers={"Accept-Language": "en-GB,en;q=0.9"})
    body = answer.json()
    reference = body.pop("reference")
    assert answer.status_code == 410
    assert answer.headers["content-type"] == "application/problem+json"
    assert body == {"type": "/problems/spent", "title": "All of it was taken.", "status": 410, "limit": 3}
    assert len(reference) == 32


async def test_french_is_spoken_unless_english_is_preferred(client: httpx.AsyncClient) -> None:
    for wish in ({}, {"Accept-Language": "de,fr;q=0.5"}, {"Accept-Language": "xx"}):
        answer = await client.get("/api/probe/refused", headers=wish)
        assert answer.json()["title"] == "Tout a été pris."
        assert answer.headers["content-language"] == "fr"


@pytest.mark.parametrize(("path", "status", "wait"), [("busy", 429, "42"), ("away", 503, "5")])
async def test_who_should_come_back_is_told_when(client: httpx.AsyncClient, path: str, status: int, wait: str) -> None:
    answer = await client.get(f"/api/probe/{path}")
    assert (answer.status_code, answer.headers["retry-after"]) == (status, wait)


async def test_a_malformed_request_is_told_where_it_is_wrong(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/probe/things", json={"number": 1})
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/malformed-request"
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/number"]


@pytest.mark.parametrize(
    ("method", "path", "status", "type"),
    [("GET", "/nowhere", 404, "not-found"), ("DELETE", "/api/probe/refused", 405, "method-not-allowed")],
)
async def test_what_is_not_there_is_a_problem_too(
    client: httpx.AsyncClient, method: str, path: str, status: int, type: str
) -> None:
    answer = await client.request(method, path)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{type}")


async def test_an_unexpected_error_has_a_reference_and_no_words(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/probe/broken")
    assert answer.status_code == 500
    assert answer.json()["reference"]
    assert "secret@address" not in answer.text


async def test_a_body_over_the_cap_is_refused_by_what_it_says_and_by_what_it_is(client: httpx.AsyncClient) -> None:
    json = {"Content-Type": "application/json"}

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 10_000

    told = await client.post("/api/probe/drink", content=b"x" * 70_000, headers=json)
    untold = await client.post("/api/probe/drink", content=endless(), headers=json)
    assert [told.status_code, untold.status_code] == [413, 413]
    assert told.json()["limit_bytes"] == 65536


async def test_another_content_type_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/probe/drink", content=b"<xml/>", headers={"Content-Type": "text/xml"})
    assert (answer.status_code, answer.json()["type"]) == (415, "/problems/unsupported-media-type")


async def test_a_browser_that_came_to_show_something_is_led_to_a_page_of_it() -> None:
    transport = httpx.ASGITransport(create_api("probe", router, None, pages_url="https://m.example"))
    visit = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    async with httpx.AsyncClient(transport=transport, base_url="http://probe") as client:
        led = await client.get("/api/probe/refused", headers=visit)
        page, _, reference = led.headers["location"].partition("?reference=")
        assert (led.status_code, page, len(reference)) == (303, "https://m.example/refused/spent", 32)
        for other in ({"Range": "bytes=1-"}, {"Sec-Fetch-Dest": "empty"}, {"Sec-Fetch-Mode": "cors"}):
            assert (await client.get("/api/probe/refused", headers=visit | other)).status_code == 410


@pytest.mark.parametrize("levels", [33, 900, 5_000])
async def test_a_body_that_nests_too_deep_is_refused_before_it_is_parsed(
    client: httpx.AsyncClient, levels: int
) -> None:
    nested = b'{"number": 3, "more": ' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"
    answer = await client.post(
        "/api/probe/things", content=nested, headers={"Content-Type": "application/json; charset=utf-8"}
    )
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/bad-request"


async def test_a_body_may_nest_as_deep_as_the_limit(client: httpx.AsyncClient) -> None:
    nested = b'{"number": 3, "more": ' + b"[" * 31 + b"]" * 31 + b"}"
    answer = await client.post("/api/probe/things", content=nested, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200
