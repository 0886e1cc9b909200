"""Instances of upload on the real database and the real store."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from devstack.stack import Stack
from tests.integration.upload.rig import Upload

Started = Callable[..., Awaitable[Upload]]


@pytest.fixture
async def started(servers: Stack) -> AsyncIterator[Started]:
    """Start as many instances as wanted, with settings of one's own."""
    running: list[Upload] = []

    async def start(instances: int = 1, **settings: Any) -> Upload:
        upload = Upload(servers, instances, settings)
        running.append(upload)
        await upload.start()
        return upload

    yield start
    for upload in running:
        await upload.stop()


@pytest.fixture
async def upload(started: Started) -> Upload:
    """Two instances, as there are in operation."""
    return await started(instances=2)
