"""Somebody in front of the portal, and the services behind it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from services.kit.logs import configure
from tests.fakes.api.app import FakeApi
from tests.unit.portal.visitor import Visitor, new_visitor


@pytest.fixture(scope="session", autouse=True)
def _quiet() -> None:
    configure("portal", "ERROR")


@pytest.fixture
def api() -> Iterator[FakeApi]:
    api = FakeApi.populated()
    yield api
    assert api.violations == []


@pytest.fixture
async def visitor(api: FakeApi) -> AsyncIterator[Visitor]:
    somebody = new_visitor(api)
    yield somebody
    await somebody.http.aclose()
