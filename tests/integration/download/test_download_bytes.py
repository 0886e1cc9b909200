"""The bytes that are sent are those that were uploaded: ranges, headers, verification, broken connections."""

import asyncio
import base64
import hashlib
import io
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from services.download import sweeper
from services.download.streaming.capability import DownloadCapabilities, DownloadCapability
from tests.eventually import eventually
from tests.harness import PEPPER
from tests.integration.download.conftest import Started
from tests.integration.download.reader import read_and_leave, read_until_cut
from tests.integration.download.service import MIB, DownloadHarness, StoredTransfer, is_done, milliseconds_now, noise


async def test_a_dropped_line_resumes_inside_one_lease(download: DownloadHarness, client: httpx.AsyncClient) -> None:
    sent, id = await download.sent(noise(9 * MIB)), str(uuid4())
    address = await sent.address(client, id)
    received = await read_and_leave(address, 5 * MIB)
    assert await sent.left(client) == 2
    rest = await client.get(await sent.address(client, id), headers={"Range": f"bytes={len(received)}-"})
    assert rest.status_code == 206
    assert received + rest.content == sent.bodies[0]
    await eventually(lambda: is_done(sent, 1))
    assert await sent.left(client) == 2


async def test_a_broken_download_gives_its_slot_back(download: DownloadHarness, client: httpx.AsyncClient) -> None:
    sent = await download.sent(noise(40 * MIB), part_bytes=4 * MIB)
    for _ in range(3):
        id = str(uuid4())
        await read_and_leave(await sent.address(client, id), MIB)
        await download.come_to_rest()
    assert (await sent.start(client)).status_code == 429
    await sent.pass_time(timedelta(seconds=90))
    assert await sent.left(client) == 3
    assert await sent.done() == 0
    for _ in range(3):
        assert (await client.get(await sent.address(client))).content == sent.bodies[0]
    assert (await sent.start(client)).status_code == 410


async def test_broken_inside_the_last_bytes_it_stays_open_and_then_counts(
    download: DownloadHarness, client: httpx.AsyncClient
) -> None:
    sent, id = await download.sent(noise(MIB)), str(uuid4())
    await read_and_leave(await sent.address(client, id), MIB // 2)
    await download.come_to_rest()
    assert (await sent.give_back(client, id)).json() == {"state": "running", "left": 2}
    await sent.pass_time(timedelta(minutes=20))
    assert (await sent.look(client)).json()["files"][0]["left"] == 2
    assert await sent.done() == 0
    await sent.pass_time(timedelta(minutes=10))
    await sweeper.settle(download.deps)
    assert await sent.done() == 1
    await sweeper.settle(download.deps)
    assert await sent.done() == 1
    assert await sent.left(client) == 2


async def test_a_lease_that_died_is_taken_again_by_the_next_get(
    download: DownloadHarness, client: httpx.AsyncClient
) -> None:
    sent, id = await download.sent(noise(20 * MIB)), str(uuid4())
    address = await sent.address(client, id)
    received = await read_and_leave(address, 4 * MIB)
    await download.come_to_rest()
    await sent.pass_time(timedelta(minutes=10))
    others = [await sent.address(client) for _ in range(3)]
    refused = await client.get(address, headers={"Range": f"bytes={len(received)}-"})
    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/downloads-running")
    assert len(others) == 3
    await sent.pass_time(timedelta(minutes=10))
    rest = await client.get(address, headers={"Range": f"bytes={len(received)}-"})
    assert received + rest.content == sent.bodies[0]
    await eventually(lambda: is_done(sent, 1))


async def test_several_lines_at_once_make_one_download(download: DownloadHarness, client: httpx.AsyncClient) -> None:
    sent = await download.sent(noise(8 * MIB + 5), part_bytes=3 * MIB)
    address = await sent.address(client)
    ranges = [(0, 2 * MIB), (2 * MIB, 5 * MIB), (5 * MIB, 8 * MIB + 5)]
    answers = await asyncio.gather(
        *(client.get(address, headers={"Range": f"bytes={start}-{stop - 1}"}) for start, stop in ranges)
    )
    assert b"".join(answer.content for answer in answers) == sent.bodies[0]
    await eventually(lambda: is_done(sent, 1))
    assert await sent.left(client) == 2


@pytest.mark.parametrize(
    ("asked", "status", "content_range"),
    [
        ("bytes=0-0", 206, "bytes 0-0/3145728"),
        ("bytes=-1", 206, "bytes 3145727-3145727/3145728"),
        ("bytes=1048570-1048580", 206, "bytes 1048570-1048580/3145728"),
        ("bytes=3145727-99999999", 206, "bytes 3145727-3145727/3145728"),
        ("bytes=3145728-", 416, "bytes */3145728"),
        ("bytes=5-4", 200, None),
        ("bytes=-0", 416, "bytes */3145728"),
        ("bytes=0-1,4-5", 200, None),
        ("bytes=", 200, None),
        ("bytes=-", 200, None),
        ("bytes=abc", 200, None),
        ("lines=0-1", 200, None),
    ],
)
async def test_one_range_at_a_time(
    download: DownloadHarness, client: httpx.AsyncClient, asked: str, status: int, content_range: str | None
) -> None:
    sent = await download.sent(noise(3 * MIB))
    answer = await client.get(await sent.address(client), headers={"Range": asked})
    assert (answer.status_code, answer.headers.get("content-range")) == (status, content_range)
    if status == 206 and content_range:
        start, stop = content_range.removeprefix("bytes ").split("/")[0].split("-")
        assert answer.content == sent.bodies[0][int(start) : int(stop) + 1]
    if status == 200:
        assert answer.content == sent.bodies[0]


async def test_a_program_that_goes_on_with_an_empty_file_has_it(
    download: DownloadHarness, client: httpx.AsyncClient
) -> None:
    sent = await download.sent(b"")
    answer = await client.get(await sent.address(client), headers={"Range": "bytes=0-"})
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "0")
    await eventually(lambda: is_done(sent, 1))


async def test_a_range_of_other_bytes_gets_the_whole_file(download: DownloadHarness, client: httpx.AsyncClient) -> None:
    sent = await download.sent(noise(1000))
    address = await sent.address(client)
    etag = (await client.head(address)).headers["etag"]
    same = await client.get(address, headers={"Range": "bytes=0-9", "If-Range": etag})
    weak = await client.get(await sent.address(client), headers={"Range": "bytes=0-9", "If-Range": f"W/{etag}"})
    assert (same.status_code, weak.status_code) == (206, 200)


async def test_the_headers_say_that_it_is_a_file_and_nothing_else(
    download: DownloadHarness, client: httpx.AsyncClient
) -> None:
    sent = await download.sent(noise(1000))
    address = await sent.address(client)
    head, answer = await client.head(address), await client.get(address)
    assert dict(head.headers, date="") == dict(answer.headers, date="")
    digest = base64.b64encode(hashlib.sha256(sent.bodies[0]).digest()).decode()
    assert answer.headers["repr-digest"] == f"sha-256=:{digest}:"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store, no-transform"
    assert (
        answer.headers["content-disposition"] == "attachment; filename=\"ete.zip\"; filename*=UTF-8''%C3%A9t%C3%A9.zip"
    )


async def test_a_flipped_byte_never_leaves(download: DownloadHarness, client: httpx.AsyncClient) -> None:
    sent = await download.sent(noise(5 * MIB))
    await flip(download, sent, 3 * MIB + 11)
    address = await sent.address(client)
    received, whole = await read_until_cut(client, address)
    assert not whole
    assert received == sent.bodies[0][: 3 * MIB]
    refused = await client.get(address)
    assert refused.json()["type"] == "/problems/transfer-in-quarantine"
    assert await sent.done() == 0


async def test_a_flipped_byte_is_found_even_outside_the_range(
    download: DownloadHarness, client: httpx.AsyncClient
) -> None:
    sent = await download.sent(noise(2 * MIB))
    await flip(download, sent, MIB - 1)
    answer = await client.get(await sent.address(client), headers={"Range": "bytes=0-9"})
    assert (answer.status_code, answer.json()["type"]) == (410, "/problems/transfer-in-quarantine")


async def test_an_object_that_is_gone_is_an_outage_and_costs_nothing(
    download: DownloadHarness, client: httpx.AsyncClient
) -> None:
    sent, id = await download.sent(noise(2 * MIB)), str(uuid4())
    await asyncio.to_thread(download.owner.remove_object, download.servers.s3_bucket, sent.file)
    answer = await client.get(await sent.address(client, id))
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
    assert (await sent.give_back(client, id)).json()["left"] == 3


async def test_without_a_free_slot_a_client_is_asked_to_come_back(started: Started, client: httpx.AsyncClient) -> None:
    download = await started(running_downloads=8, running_downloads_per_link=2)
    sent = await download.sent(noise(30 * MIB), part_bytes=5 * MIB)
    address = await sent.address(client)
    async with client.stream("GET", address), client.stream("GET", address):
        busy = await client.get(address)
        assert (busy.status_code, busy.headers["retry-after"]) == (503, "10")
    await eventually(lambda: answers(client, address, 206))


async def test_a_forged_or_expired_capability_opens_nothing(
    download: DownloadHarness, client: httpx.AsyncClient
) -> None:
    sent = await download.sent(noise(10))
    grant = DownloadCapability(sent.link(), sent.file, str(uuid4()), milliseconds_now() + timedelta(hours=1))
    forged = DownloadCapabilities("q" * 40).seal(grant)
    assert (await client.get(f"{download.urls[0]}/files/{forged}")).status_code == 404
    old = DownloadCapabilities(PEPPER).seal(grant._replace(expires_at=milliseconds_now() - timedelta(seconds=2)))
    assert (await client.get(f"{download.urls[0]}/files/{old}")).status_code == 410
    assert len(old) <= 200


async def answers(client: httpx.AsyncClient, address: str, status: int) -> bool:
    return (await client.get(address, headers={"Range": "bytes=0-0"})).status_code == status


async def flip(download: DownloadHarness, sent: StoredTransfer, at: int) -> None:
    body = bytearray(sent.bodies[0])
    body[at] ^= 1
    bucket = download.servers.s3_bucket
    await asyncio.to_thread(download.owner.put_object, bucket, sent.file, io.BytesIO(bytes(body)), len(body))
