"""The real process: it finishes what it carries when told to stop, and forgets little when it is killed."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pymongo import AsyncMongoClient

from devstack.stack import Stack
from services.download.domain.contents import summary_of
from services.kit.credentials import derived_token, keyed_hash
from tests.eventually import eventually
from tests.harness import Documents, starting
from tests.integration.download.reader import open_download
from tests.integration.download.service import ANNE, MIB, DownloadHarness, StoredTransfer, noise


class Beside(DownloadHarness):
    """Instances over the database of the real process, which stays; their own sockets are not used."""

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Documents]:
        async with AsyncMongoClient[dict[str, Any]](self.servers.mongo_admin_url, tz_aware=True) as client:
            yield client["download"]


@pytest.fixture
async def real(servers: Stack) -> AsyncIterator[DownloadHarness]:
    await asyncio.to_thread(servers.start, {"download"})
    async with starting(lambda: Beside(servers)) as start:
        yield await start(pepper=servers.secrets("download")["pepper"])
    await asyncio.to_thread(servers.restart, "download")


async def address_of(sent: StoredTransfer, client: httpx.AsyncClient, id: str) -> str:
    service = sent.download.servers.service_url("download")
    path = f"/api/download/links/{sent.token()}/files/{sent.file}/downloads/{id}"
    answer = await client.put(service + path, json={})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["url"]).replace(sent.download.servers.files_url, service)


async def sent_bytes(sent: StoredTransfer, id: str) -> int:
    link = await sent.download.deps.links.all.get(sent.link())
    download = link.quotas[sent.file].downloads.get(id)
    return download.sent_bytes if download else 0


async def test_told_to_stop_it_finishes_a_running_download_and_exits_cleanly(
    real: DownloadHarness, client: httpx.AsyncClient
) -> None:
    sent, id = await real.sent(noise(24 * MIB), part_bytes=4 * MIB), str(uuid4())
    reader, writer = await open_download(await address_of(sent, client, id))
    received = await reader.readexactly(6 * MIB)
    real.servers.kill("download", signal.SIGTERM)
    received += await reader.readexactly(18 * MIB)
    assert received == sent.bodies[0]
    await eventually(lambda: stands(sent, id, "done"))
    writer.close()
    assert await exit_code(real.servers) == 0


async def test_killed_in_the_middle_it_costs_nothing_and_the_rest_can_be_fetched(
    real: DownloadHarness, client: httpx.AsyncClient
) -> None:
    sent, id = await real.sent(noise(24 * MIB), part_bytes=4 * MIB), str(uuid4())
    reader, writer = await open_download(await address_of(sent, client, id))
    await reader.readexactly(6 * MIB)
    real.servers.kill("download")
    writer.transport.abort()
    await sent.pass_time(timedelta(seconds=90))
    await asyncio.to_thread(real.servers.restart, "download")
    link, now = await real.deps.links.read(sent.link())
    assert link.quota(summary_of(sent.parcel.files[0]), sent.file).left(now) == 3
    answer = await client.get(await address_of(sent, client, str(uuid4())))
    assert answer.content == sent.bodies[0]


async def test_a_stop_that_cannot_wait_writes_down_what_was_delivered(
    real: DownloadHarness, client: httpx.AsyncClient
) -> None:
    await asyncio.to_thread(real.servers.restart, "download", {"GRACE_SECONDS": "1"})
    sent, id = await real.sent(noise(60 * MIB), part_bytes=4 * MIB), str(uuid4())
    reader, writer = await open_download(await address_of(sent, client, id))
    await reader.readexactly(6 * MIB)
    real.servers.kill("download", signal.SIGTERM)
    assert await exit_code(real.servers) == 0
    assert await sent_bytes(sent, id) >= 6 * MIB
    writer.transport.abort()
    await asyncio.to_thread(real.servers.restart, "download", {"GRACE_SECONDS": "30"})


async def test_the_tokens_are_derived_and_stored_nowhere(real: DownloadHarness) -> None:
    pepper = real.servers.secrets("download")["pepper"]
    sent = await real.sent(noise(10))
    token = derived_token(pepper, "link", sent.transfer, ANNE.address)
    assert sent.link() == keyed_hash(pepper, "link", token)


async def stands(sent: StoredTransfer, id: str, state: str) -> bool:
    link = await sent.download.deps.links.all.get(sent.link())
    download = link.quotas[sent.file].downloads.get(id)
    return download is not None and download.state == state


async def exit_code(servers: Stack) -> int:
    return await asyncio.to_thread(servers.components["download"].children[-1].wait)
