"""Instances of upload on the real database and the real store."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from devstack.stack import Stack
from tests.harness import starting
from tests.integration.upload.service import Upload

Started = Callable[..., Awaitable[Upload]]


@pytest.fixture
async def started(servers: Stack) -> AsyncIterator[Started]:
    """Start instances with the given settings."""
    async with starting(lambda: Upload(servers)) as start:
        yield start


@pytest.fixture
async def upload(started: Started) -> Upload:
    """Two instances, as in production."""
    return await started(instances=2)
