"""Tests of one thing alone need no server, and share the machine with the browsers that look at every page."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def meanwhile(request: pytest.FixtureRequest) -> None:
    """The tours set out here, when they will be asked for later."""
    if any(item.path.name == "test_every_page.py" for item in request.session.items):
        request.getfixturevalue("tours")
