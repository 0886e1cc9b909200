"""The real servers and services, started once for each process of pytest when a test needs them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from devstack.accounts import SERVICES
from devstack.errors import StackAlreadyRunning
from devstack.reset import reset
from devstack.stack import ALL, SERVERS, Stack
from tests import progress
from tests.harness import MONGO_TIMEOUT_SECONDS

ROOT = Path(__file__).resolve().parent.parent / ".local"
RUNS_SIDE_BY_SIDE = 16
WHOLE_STACK = ("tests/e2e, first half", "tests/e2e, second half", "tests/browser")
SECOND_HALF_FROM = "tests/e2e/test_c"
EVERY_PAGE = "tests/browser/test_every_page.py"
QUICK = {"MAX_TASK_INTERVAL_SECONDS": "1", "OUTBOX_GRACE_SECONDS": "1"}
"""Short intervals of background tasks, for which tests would otherwise wait."""
PATIENT = {"MONGO_TIMEOUT_SECONDS": str(MONGO_TIMEOUT_SECONDS)}
"""A database that a busy machine slows down is no outage."""
SETTINGS = dict.fromkeys(SERVICES, QUICK | PATIENT) | {
    "portal": {"MIN_FORM_SECONDS": "0"},
    "gateway": {"GATEWAY_API_RATE": "2000r/s", "GATEWAY_API_BURST": "4000"},
}
"""Limits that tests would exceed: they fill forms without a pause, and share one address."""

settings.register_profile(
    "any machine",
    settings.get_profile(settings.get_current_profile_name()),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def reserved_stack(pytestconfig: pytest.Config) -> Iterator[Stack]:
    """A stack in a folder that no other process of pytest uses, with its servers running."""
    with own_stack() as stack:
        pytestconfig.stash[progress.STACK_LOGS] = stack.workspace.root / "log"
        reset(stack)
        stack.start({"topology"})
        yield stack


@pytest.fixture(scope="module")
def servers(reserved_stack: Stack) -> Stack:
    """MongoDB, RabbitMQ with its topology, the object store and the mailbox; no service runs, whatever ran before."""
    if started := [
        component.name for component in reserved_stack.running if component.name in ALL - SERVERS - {"topology"}
    ]:
        reserved_stack.stop_components(started)
        reset(reserved_stack)
    return reserved_stack


@pytest.fixture(scope="session")
def stack(reserved_stack: Stack) -> Stack:
    """The same servers, emptied, with the services, the gateway and the portal."""
    reset(reserved_stack)
    reserved_stack.start(ALL)
    return reserved_stack


def own_stack() -> Stack:
    """Start a stack in the first folder that no other test run uses; existing data make the start faster."""
    for number in range(RUNS_SIDE_BY_SIDE):
        stack = Stack(ROOT / (f"test-{number}" if number else "test"), settings=SETTINGS)
        try:
            stack.start(SERVERS)
        except StackAlreadyRunning:
            continue
        return stack
    raise StackAlreadyRunning(f"{RUNS_SIDE_BY_SIDE} test runs are active already")


def pytest_configure(config: pytest.Config) -> None:
    """Report progress."""
    progress.install(config)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run tests on the whole stack last in a single process, and first when other processes run the rest."""
    together = hasattr(config, "workerinput")
    first = WHOLE_STACK if together else ()
    last = () if together else WHOLE_STACK
    items.sort(key=lambda item: _rank(scope_of(item.nodeid), first, last))


def _rank(scope: str, first: tuple[str, ...], last: tuple[str, ...]) -> int:
    return first.index(scope) if scope in first else len(first) + (scope in last)


def scope_of(nodeid: str) -> str:
    """Return what runs in one process, in order: half of the stories, the pages in one language, or a file."""
    path, _, test = nodeid.partition("::")
    if path == EVERY_PAGE:
        return test.partition("[")[2] or path
    if path.startswith("tests/e2e/"):
        return WHOLE_STACK[path >= SECOND_HALF_FROM]
    return "tests/browser" if path.startswith("tests/browser/") else path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Distribute whole scopes to free processes, in the order of collection."""
    from xdist.scheduler import LoadScopeScheduling

    class Scopes(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return scope_of(nodeid)

    config.option.loadscopereorder = False
    return Scopes(config, log)
