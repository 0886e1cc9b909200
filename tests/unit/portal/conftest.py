"""Somebody in front of the portal, and the services behind it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from services.kit.logs import configure
from tests.fakes.api.app import FakeApi
from tests.unit.portal.visitor import Person, in_front_of


@pytest.fixture(scope="session", autouse=True)
def _quiet() -> None:
    configure("portal", "ERROR")


@pytest.fixture
def api() -> Iterator[FakeApi]:
    api = FakeApi.populated()
    yield api
    assert api.violations == []


@pytest.fixture
async def person(api: FakeApi) -> AsyncIterator[Person]:
    somebody = in_front_of(api)
    yield somebody
    await somebody.http.aclose()
