"""One world for all stories; after each of them the oracle is asked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.stack import Stack
from tests.e2e.oracle import judge
from tests.e2e.world import World

# Stories come from one address, many at a time; the story about limits sets them back.
ROOMY = {
    "auth": {
        "LINKS_PER_NETWORK": "100000",
        "LINKS_PER_DOMAIN": "100000",
        "CHALLENGES_PER_NETWORK": "100000",
        "LINK_ANSWER_SECONDS": "0",
    },
}
LAST = "test_no_log_line"


@pytest.fixture(scope="session")
def world(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The real stack, with limits that let many stories be told."""
    for service, settings in ROOMY.items():
        stack.restart(service, settings)
    folder: Path = tmp_path_factory.mktemp("sent")
    world = World(stack, folder)
    yield world
    world.close()


@pytest.fixture(autouse=True)
def judged(world: World, request: pytest.FixtureRequest) -> Iterator[None]:
    """What must hold after every story; once it does not, all that follow would wait in vain to say the same."""
    yield
    try:
        judge(world)
    except BaseException:
        request.session.shouldfail = f"what must hold does not, since {request.node.name}"
        raise


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The story about the logs is told last, because it reads what all the others left there."""
    items.sort(key=lambda item: item.path.name.startswith(LAST))
