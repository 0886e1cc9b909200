"""The real servers, and the tours of the pages: begun once for a whole test run and only if a test asks for them."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from devstack.refusals import StackAlreadyRunning
from devstack.stack import ALL, SERVERS, Stack
from devstack.wipe import wipe

ROOT = Path(__file__).resolve().parent.parent / ".local"
RUNS_SIDE_BY_SIDE = 8
PATIENT = {
    "portal": {"LEAST_ASKING_SECONDS": "0"},
    "gateway": {"GATEWAY_API_RATE": "2000r/s", "GATEWAY_API_BURST": "4000"},
}
"""Those who walk through the pages here type as fast as they like, and everybody comes from one address."""


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


@pytest.fixture(scope="session")
def tours() -> Iterator[dict[str, Future[Any]]]:
    """Through every page in each language, in processes of their own and without a server: the longest of all tests."""
    from tests.browser.test_every_page import go_round
    from tests.browser.words import LOCALES

    with ProcessPoolExecutor(len(LOCALES), multiprocessing.get_context("spawn")) as guides:
        yield {language: guides.submit(go_round, language) for language in LOCALES}


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
