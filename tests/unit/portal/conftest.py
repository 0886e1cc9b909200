"""Somebody in front of the portal, and the services behind it."""

from collections.abc import AsyncIterator

import pytest

from services.kit.logs import configure
from tests.unit.portal.played import Played
from tests.unit.portal.visitor import Person, in_front_of


@pytest.fixture(scope="session", autouse=True)
def _quiet() -> None:
    configure("portal", "ERROR")


@pytest.fixture
def played() -> Played:
    return Played()


@pytest.fixture
async def person(played: Played) -> AsyncIterator[Person]:
    somebody = in_front_of(played)
    yield somebody
    await somebody.http.aclose()
