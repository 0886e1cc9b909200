"""What ends a transfer: its sender, its last day, and the time after which it is forgotten."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from services.download import sweeper
from services.download.domain.policy import DownloadPolicy
from services.download.streaming import revocation_cache
from tests.eventually import eventually
from tests.integration.download.reader import open_download, read_the_rest
from tests.integration.download.service import ANNE, BRUNO, MIB, DownloadHarness, is_done, noise

LONG = DownloadPolicy().retention


async def test_a_withdrawal_cuts_a_running_download_at_the_next_part(
    download: DownloadHarness, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocation_cache, "MAX_AGE_SECONDS", 0.0)
    sent = await download.sent(noise(60 * MIB), part_bytes=2 * MIB)
    address = await sent.address(client)
    reader, writer = await open_download(address)
    await reader.readexactly(MIB)
    await download.withdraw(sent.parcel)
    assert len(await read_the_rest(reader)) < 30 * MIB, "some parts were on their way"
    writer.close()
    assert (await client.get(address)).json()["type"] == "/problems/transfer-deleted"
    assert await sent.done() == 0


async def test_valid_until_the_last_second_and_refused_after(
    download: DownloadHarness, client: httpx.AsyncClient
) -> None:
    sent = await download.sent(noise(10))
    await sent.pass_time(timedelta(days=7, minutes=-5))
    assert (await sent.start(client)).status_code == 200
    await sent.pass_time(timedelta(minutes=5))
    refused = await sent.start(client)
    assert (refused.status_code, refused.json()["type"]) == (410, "/problems/link-expired")


@pytest.mark.parametrize(
    "recorded", ["before the rest is asked for", "while the rest comes", "after the rest has come"]
)
async def test_a_download_begun_before_the_end_may_finish(
    download: DownloadHarness, client: httpx.AsyncClient, recorded: str
) -> None:
    """Whenever the service notices that the first connection was closed."""
    sent, id = await download.sent(noise(20 * MIB)), str(uuid4())
    await download.pass_time(timedelta(days=7, seconds=-45))
    address = await sent.address(client, id)
    reader, first = await open_download(address)
    received = await reader.readexactly(4 * MIB)
    if recorded == "before the rest is asked for":
        first.transport.abort()
        await download.come_to_rest()
    await download.pass_time(timedelta(seconds=46))
    await sweeper.expire(download.deps)
    assert (await download.deps.deliveries.read(sent.transfer))[0].is_open, "a lease is alive"
    assert (await sent.start(client)).json()["type"] == "/problems/link-expired"
    reader, second = await open_download(address, len(received))
    if recorded == "while the rest comes":
        assert download.responses == 2
        first.transport.abort()
        await eventually(lambda: download.responses == 1)
    received += await reader.readexactly(16 * MIB)
    assert received == sent.bodies[0]
    if recorded == "after the rest has come":
        await eventually(lambda: download.responses == 1)
        first.transport.abort()
    await eventually(lambda: is_done(sent, 1))
    second.close()
    await sweeper.expire(download.deps)
    assert (await sent.look(client)).json()["type"] == "/problems/link-expired"


async def test_the_last_day_closes_once_with_a_report(download: DownloadHarness, client: httpx.AsyncClient) -> None:
    sent = await download.sent(noise(10), noise(20), to=(ANNE, BRUNO))
    await client.get(await sent.address(client))
    await eventually(lambda: is_done(sent, 1))
    await download.pass_time(timedelta(days=7))
    await sweeper.expire(download.deps)
    assert (await sent.start(client)).json()["type"] == "/problems/link-expired"
    assert (await download.deps.deliveries.read(sent.transfer))[0].is_open, "an extension may be on its way"
    await download.pass_time(sweeper.LATE_EXTENSIONS)
    await asyncio.gather(*(sweeper.expire(download.deps) for _ in range(3)))
    (entry,) = await download.deps.deliveries.all.outbox(sent.transfer)
    assert entry.type == "download.transfer-expired.v1"
    assert entry.body["report"] == [
        {"recipient": ANNE.address, "files_downloaded": 1, "files_in_all": 2},
        {"recipient": BRUNO.address, "files_downloaded": 0, "files_in_all": 2},
    ]


async def test_who_fetched_nothing_is_reminded_once_two_days_before_the_end(
    download: DownloadHarness, client: httpx.AsyncClient
) -> None:
    sent = await download.sent(noise(10), to=(ANNE, BRUNO))
    await client.get(await sent.address(client))
    await eventually(lambda: is_done(sent, 1))
    for recipient in (ANNE, BRUNO):
        await sent.pass_time(timedelta(days=5, minutes=-5), recipient)
    await sweeper.remind(download.deps)
    assert "download.link-left-unused.v1" not in await sent.announced(BRUNO)
    for recipient in (ANNE, BRUNO):
        await sent.pass_time(timedelta(minutes=5), recipient)
    await asyncio.gather(*(sweeper.remind(download.deps) for _ in range(3)))
    assert (await sent.announced(BRUNO)).count("download.link-left-unused.v1") == 1
    assert (await sent.announced(ANNE)).count("download.link-left-unused.v1") == 0
    entry = (await download.deps.links.all.outbox(sent.link(BRUNO)))[-1]
    assert entry.body["token"] == sent.token(BRUNO)


async def test_nobody_is_reminded_of_what_was_withdrawn(download: DownloadHarness) -> None:
    sent = await download.sent(noise(10))
    await download.withdraw(sent.parcel)
    await sent.pass_time(timedelta(days=6))
    await sweeper.remind(download.deps)
    assert await sent.announced() == ["download.link-issued.v1"]


async def test_a_year_after_the_end_nothing_is_left(download: DownloadHarness) -> None:
    sent = await download.sent(noise(10), to=(ANNE, BRUNO))
    await download.withdraw(sent.parcel)
    await download.published()
    await sweeper.forget(download.deps)
    assert await download.documents.deliveries.find_one({"_id": sent.transfer})
    await download.pass_time(LONG + timedelta(days=7), "deliveries", sent.transfer)
    await sweeper.forget(download.deps)
    for collection in ("links", "deliveries", "contents"):
        assert await download.documents[collection].count_documents({"_id": sent.transfer}) == 0
        assert await download.documents[collection].count_documents({"transfer": sent.transfer}) == 0
