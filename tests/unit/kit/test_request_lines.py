"""A line of a request that was refused names the problem, so that an operator finds it by name."""

import logging
import tomllib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
import structlog
from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from structlog.testing import capture_logs

from devstack.workspace import PROJECT
from services.kit.refusals import Gone
from services.kit.service import create_api
from services.kit.version import VERSION
from services.upload.api import parts
from tests.fakes.api.app import FakeApi
from tests.unit.portal.visitor import new_visitor

router = APIRouter()
VISIT = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


class Spent(Gone):
    """All of it was taken."""


@router.get("/refused")
async def refused() -> None:
    raise Spent()


@router.get("/broken")
async def broken() -> None:
    raise RuntimeError()


@router.get("/page/{status}")
async def page(status: int) -> Response:
    return HTMLResponse("in its own words", status)


@pytest.fixture(autouse=True)
def _all_lines() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    yield
    structlog.configure(**before)


@pytest.fixture
async def line() -> AsyncIterator[Callable[..., Any]]:
    """The status and the problem in the line of a request."""
    service = create_api(
        "probe", APIRouter(routes=[*router.routes, *parts.routes]), None, pages_url="https://m.example"
    )
    transport = httpx.ASGITransport(service, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://probe") as client:

        async def ask(method: str, path: str, **more: Any) -> tuple[int, str | None]:
            with capture_logs() as lines:
                await client.request(method, path, **more)
            return only(lines)

        yield ask


def only(lines: Any) -> tuple[int, str | None]:
    (found,) = [line for line in lines if line["event"] == "request"]
    return found["status"], found["problem"]


@pytest.mark.parametrize(
    ("path", "status", "problem"),
    [
        ("/refused", 410, "spent"),
        ("/nowhere", 404, "not-found"),
        ("/page/x", 422, "malformed-request"),
        ("/broken", 500, "internal-error"),
        ("/internal/part-authorization", 403, "not-found"),
        ("/page/200", 200, None),
        ("/page/409", 409, "conflict"),
        ("/page/422", 422, "unprocessable"),
        ("/page/429", 429, "too-many-requests"),
        ("/page/500", 500, "internal-error"),
    ],
)
async def test_a_line_names_the_problem(line: Callable[..., Any], path: str, status: int, problem: str | None) -> None:
    assert await line("GET", path) == (status, problem)


async def test_what_is_refused_before_it_is_read_is_named_too(line: Callable[..., Any]) -> None:
    asked = {"content": b"x" * 70_000, "headers": {"Content-Type": "application/json"}}
    assert await line("POST", "/refused", **asked) == (413, "content-too-large")
    assert await line("POST", "/refused", content=b"<a/>", headers={"Content-Type": "text/xml"}) == (
        415,
        "unsupported-media-type",
    )


async def test_a_visitor_who_is_led_to_a_page_of_a_problem_leaves_its_name(line: Callable[..., Any]) -> None:
    assert await line("GET", "/refused", headers=VISIT) == (303, "spent")


async def test_a_page_of_the_portal_leaves_the_name_of_what_it_shows() -> None:
    person = new_visitor(FakeApi.populated())
    with capture_logs() as lines:
        await person.get("/nowhere")
    assert only(lines) == (404, "not-found")
    await person.http.aclose()


def test_the_version_that_is_logged_is_that_of_the_project() -> None:
    assert tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"] == VERSION
