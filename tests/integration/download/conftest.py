"""The counter on the real servers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from tests.integration.download.rig import Rig

from devstack.stack import Stack

Started = Callable[..., Awaitable[Rig]]


@pytest.fixture
async def started(servers: Stack) -> AsyncIterator[Started]:
    """Start as many instances as wanted, with settings of one's own."""
    running: list[Rig] = []

    async def start(instances: int = 1, **settings: Any) -> Rig:
        rig = Rig(servers)
        running.append(rig)
        await rig.start(instances, **settings)
        return rig

    yield start
    for rig in running:
        await rig.stop()


@pytest.fixture
async def rig(started: Started) -> Rig:
    """One instance."""
    return await started()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A reader with lines that stay open, as the gateway's do."""
    limits = httpx.Limits(max_connections=300, max_keepalive_connections=300)
    async with httpx.AsyncClient(timeout=60, limits=limits) as client:
        yield client
