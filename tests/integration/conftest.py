"""What tests of several services begin with."""

from collections.abc import AsyncIterator

import pytest

from devstack.stack import Stack
from services.kit.mongo import Database
from tests.harness import MONGO_TIMEOUT_SECONDS, own_database


@pytest.fixture
async def database(servers: Stack) -> AsyncIterator[Database]:
    """A connection, as a service has it, to an empty database of the test's own."""
    async with own_database(servers, "test") as documents:
        found = Database(servers.mongo_admin_url, documents.name, MONGO_TIMEOUT_SECONDS)
        yield found
        found.close()
