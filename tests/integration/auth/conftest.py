"""Instances of auth on the real database."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from devstack.stack import Stack
from services.kit.clock import utc_now
from tests.integration.auth.rig import Auth

Started = Callable[..., Awaitable[Auth]]


@pytest.fixture
async def started(servers: Stack, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Started]:
    """Start as many instances as wanted, with settings of one's own; no hour of a rate ends during a test."""
    running: list[Auth] = []
    begun = utc_now()
    monkeypatch.setattr("services.kit.rates.utc_now", lambda: begun)

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
