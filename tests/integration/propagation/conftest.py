"""Propagation on the real database."""

from collections.abc import AsyncIterator

import httpx
import pytest

from devstack.stack import Stack
from services.propagation.deps import Deps
from tests.harness import starting
from tests.integration.propagation.service import PropagationHarness


@pytest.fixture
async def propagation(servers: Stack) -> AsyncIterator[PropagationHarness]:
    """One instance."""
    async with starting(lambda: PropagationHarness(servers)) as start:
        yield await start()


@pytest.fixture
def deps(propagation: PropagationHarness) -> Deps:
    """What its handlers and loops use."""
    return propagation.deps


@pytest.fixture
def client(propagation: PropagationHarness) -> httpx.AsyncClient:
    """Somebody in front of its API."""
    found = propagation.at()
    found.base_url = httpx.URL("https://melanissimo.example/api/propagation")
    return found
