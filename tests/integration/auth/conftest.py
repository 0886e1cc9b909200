"""Instances of auth on the real database."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from devstack.stack import Stack
from tests.harness import starting
from tests.integration.auth.service import AuthHarness

Started = Callable[..., Awaitable[AuthHarness]]


@pytest.fixture
async def started(servers: Stack) -> AsyncIterator[Started]:
    """Start any number of instances, with the given settings."""
    async with starting(lambda: AuthHarness(servers)) as start:
        yield start


@pytest.fixture
async def auth(started: Started) -> AuthHarness:
    """One instance, with a link quota that no test uses up by accident."""
    return await started(links_per_mailbox=100, links_per_mailbox_per_day=100)
