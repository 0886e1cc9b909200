"""Instances of upload on the real database and the real store."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from devstack.stack import Stack
from tests.harness import starting
from tests.integration.upload.service import Upload

Started = Callable[..., Awaitable[Upload]]


@pytest.fixture
async def started(servers: Stack) -> AsyncIterator[Started]:
    """Start as many instances as wanted, with settings of one's own."""
    async with starting(lambda: Upload(servers)) as start:
        yield start


@pytest.fixture
async def upload(started: Started) -> Upload:
    """Two instances, as there are in operation."""
    return await started(instances=2)
