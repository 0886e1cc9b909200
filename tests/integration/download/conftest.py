"""The download service on the real servers."""

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from devstack.stack import Stack
from tests.eventually import TIMEOUT_SECONDS
from tests.harness import starting
from tests.integration.download.service import DownloadHarness

Started = Callable[..., Awaitable[DownloadHarness]]


@pytest.fixture
async def started(servers: Stack) -> AsyncIterator[Started]:
    """Start as many instances as wanted, with settings of one's own."""
    async with starting(lambda: DownloadHarness(servers)) as start:
        yield start


@pytest.fixture
async def download(started: Started) -> DownloadHarness:
    """One instance."""
    return await started()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client with connections that stay open, as the gateway's do."""
    limits = httpx.Limits(max_connections=300, max_keepalive_connections=300)
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, limits=limits) as client:
        yield client
