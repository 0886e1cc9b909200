"""The real servers, started once for a whole test run and only if a test asks for them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.refusals import StackAlreadyRunning
from devstack.stack import ALL, SERVERS, Stack
from devstack.wipe import wipe

ROOT = Path(__file__).resolve().parent.parent / ".local"
RUNS_SIDE_BY_SIDE = 8
PATIENT = {"portal": {"LEAST_ASKING_SECONDS": "0"}}
"""Those who walk through the pages here type as fast as they like."""


@pytest.fixture(scope="session")
def servers() -> Iterator[Stack]:
    """MongoDB, RabbitMQ with its topology, the object store and the mailbox, all empty."""
    stack = _own_stack()
    with stack:
        wipe(stack)
        stack.start({"topology"})
        yield stack


@pytest.fixture(scope="session")
def stack(servers: Stack) -> Stack:
    """The same servers, emptied of what other tests left there, and the five services and the gateway on them."""
    wipe(servers)
    servers.start(ALL)
    return servers


def _own_stack() -> Stack:
    """Takes the first folder that no other test run holds; its data make the start a warm one."""
    for number in range(RUNS_SIDE_BY_SIDE):
        stack = Stack(ROOT / (f"test-{number}" if number else "test"), settings=PATIENT)
        try:
            stack.start(SERVERS)
        except StackAlreadyRunning:
            continue
        return stack
    raise StackAlreadyRunning(f"{RUNS_SIDE_BY_SIDE} test runs are going on already")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Stories last: once the services run, they read the queues and databases that other tests look into."""
    items.sort(
        key=lambda item: item.path.parent.name in ("e2e", "browser") or "stack" in getattr(item, "fixturenames", ())
    )
