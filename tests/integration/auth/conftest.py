"""Instances of auth on the real database."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from devstack.stack import Stack
from tests.harness import starting
from tests.integration.auth.service import AuthHarness

Started = Callable[..., Awaitable[AuthHarness]]


@pytest.fixture
async def started(servers: Stack) -> AsyncIterator[Started]:
    """Start as many instances as wanted, with settings of one's own."""
    async with starting(lambda: AuthHarness(servers)) as start:
        yield start


@pytest.fixture
async def auth(started: Started) -> AuthHarness:
    """One instance, and no limit that a test could meet by chance."""
    return await started(links_per_mailbox=100, links_per_mailbox_per_day=100)
