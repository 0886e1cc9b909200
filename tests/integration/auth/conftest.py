"""Instances of auth on the real database."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from devstack.stack import Stack
from tests.integration.auth.rig import Auth

Started = Callable[..., Awaitable[Auth]]


@pytest.fixture
async def started(servers: Stack) -> AsyncIterator[Started]:
    """Start as many instances as wanted, with settings of one's own."""
    running: list[Auth] = []

    async def start(instances: int = 1, **settings: Any) -> Auth:
        auth = Auth(servers.mongo_admin_url, instances, settings)
        running.append(auth)
        await auth.start()
        return auth

    yield start
    for auth in running:
        await auth.stop()


@pytest.fixture
async def auth(started: Started) -> Auth:
    """One instance, and no limit that a test could meet by chance."""
    return await started(links_per_person=100, links_per_person_a_day=100)
