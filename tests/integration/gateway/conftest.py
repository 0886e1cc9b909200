"""A gateway with scripted upstreams, started for one test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.gateway.nginx import GatewayProcess


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[GatewayProcess]:
    running = GatewayProcess(tmp_path)
    try:
        await running.start()
        yield running
    finally:
        await running.stop()
