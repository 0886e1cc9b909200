"""One scenario for all end-to-end tests; after each of them the oracle checks the invariants."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.stack import Stack
from tests.e2e.oracle import check_invariants
from tests.e2e.scenario import Scenario

# All tests share one network, many at a time; the test of the limits resets them.
RAISED_LIMITS = {
    "auth": {
        "LINKS_PER_NETWORK": "100000",
        "LINKS_PER_DOMAIN": "100000",
        "CHALLENGES_PER_NETWORK": "100000",
        "LINK_ANSWER_SECONDS": "0",
    },
}
LAST = "test_no_log_line"


@pytest.fixture(scope="session")
def scenario(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenario]:
    """The real stack, with limits that allow many tests."""
    for service, settings in RAISED_LIMITS.items():
        stack.restart(service, settings)
    folder: Path = tmp_path_factory.mktemp("sent")
    scenario = Scenario(stack, folder)
    yield scenario
    scenario.close()


@pytest.fixture(autouse=True)
def invariants(scenario: Scenario, request: pytest.FixtureRequest) -> Iterator[None]:
    """Check the invariants after every test; after a violation stop, because all further tests would fail, too."""
    yield
    try:
        check_invariants(scenario)
    except BaseException:
        request.session.shouldfail = f"an invariant is violated since {request.node.name}"
        raise


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the test of the logs last, because it reads what all the others logged."""
    items.sort(key=lambda item: item.path.name.startswith(LAST))
