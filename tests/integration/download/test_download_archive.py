"""Everything at once: one archive, one lease on each file, counted on each when the whole of it was delivered."""

import asyncio
import io
import re
import zipfile
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx

from services.download import sweeper
from tests.eventually import eventually
from tests.integration.download.conftest import Started
from tests.integration.download.reader import read_and_leave, read_until_cut
from tests.integration.download.service import MIB, DownloadHarness, StoredTransfer, is_done, noise
from tests.integration.download.test_download_bytes import flip

NAMES = ["plans/été.zip", "plans/été (2).zip", "plans/été (3).zip"]
Headers = dict[str, str]


def place(sent: StoredTransfer, id: str, instance: int = 0) -> str:
    return f"{sent.download.urls[instance]}/api/download/links/{sent.token()}/archive/downloads/{id}"


async def start(
    client: httpx.AsyncClient, sent: StoredTransfer, *files: str, id: str = "", instance: int = 0, status: int = 200
) -> dict[str, Any]:
    body = {"files": list(files)} if files else {}
    answer = await client.put(place(sent, id or str(uuid4()), instance), json=body)
    assert answer.status_code == status, answer.text
    card: dict[str, Any] = answer.json()
    if status == 200:
        card["url"] = sent.download.local(card["url"], instance)
    return card


async def lefts(client: httpx.AsyncClient, sent: StoredTransfer) -> list[int]:
    return [file["left"] for file in (await sent.look(client)).json()["files"]]


def contents(body: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


async def test_an_archive_is_whole_and_counts_once_on_each_file(
    download: DownloadHarness, client: httpx.AsyncClient
) -> None:
    sent, id = await download.sent(noise(3 * MIB + 7), b"", noise(10)), str(uuid4())
    card = await start(client, sent, id=id)
    assert await lefts(client, sent) == [2, 2, 2]
    assert (await start(client, sent, id=id))["url"]
    assert await lefts(client, sent) == [2, 2, 2]
    answer = await client.get(card["url"])
    assert len(answer.content) == card["size_bytes"] == int(answer.headers["content-length"])
    assert contents(answer.content) == dict(zip(NAMES, sent.bodies, strict=True))
    await eventually(lambda: is_done(sent, 3))
    assert await lefts(client, sent) == [2, 2, 2]
    for _ in range(2):
        assert (await client.get(card["url"])).content == answer.content, "it fits the buffers on the way"
        await download.come_to_rest()
    again = await client.get(card["url"])
    assert again.json()["type"] == "/problems/download-already-done"
    assert await lefts(client, sent) == [2, 2, 2]
    assert (await start(client, sent, id=id))["state"] == "done"
    assert await sent.done() == 3


async def test_the_page_says_what_the_archive_will_be(download: DownloadHarness, client: httpx.AsyncClient) -> None:
    sent = await download.sent(noise(1000), noise(10), subject="Plans / été")
    said = (await sent.look(client)).json()["archive"]
    card = await start(client, sent)
    assert (said["size_bytes"], said["etag"], said["left"]) == (card["size_bytes"], card["etag"], 3)
    assert re.fullmatch(r"Plans - été \d{4}-\d\d-\d\d\.zip", said["name"])
    assert (said["refusal"], said["files"]) == (None, [])
    head, answer = await client.head(card["url"]), await client.get(card["url"])
    assert dict(head.headers, date="") == dict(answer.headers, date="")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["etag"] == said["etag"]
    assert answer.headers["accept-ranges"] == "bytes"
    assert "repr-digest" not in answer.headers
    assert answer.headers["content-disposition"].endswith("filename*=UTF-8''" + quote(said["name"]))


async def test_a_dropped_line_resumes_and_several_lines_make_one_archive(
    download: DownloadHarness, client: httpx.AsyncClient
) -> None:
    sent, id = await download.sent(noise(9 * MIB), noise(70_000)), str(uuid4())
    card = await start(client, sent, id=id)
    received = await read_and_leave(card["url"], 5 * MIB)
    await download.come_to_rest()
    etag = {"If-Range": card["etag"]}
    middle, end = await asyncio.gather(
        client.get(card["url"], headers={"Range": f"bytes={len(received)}-{8 * MIB - 1}", **etag}),
        client.get(card["url"], headers={"Range": f"bytes={8 * MIB}-", **etag}),
    )
    assert (middle.status_code, end.status_code) == (206, 206)
    assert list(contents(received + middle.content + end.content).values()) == list(sent.bodies)
    await eventually(lambda: is_done(sent, 2))
    assert await lefts(client, sent) == [2, 2]


async def test_one_range_at_a_time_inside_the_archive(download: DownloadHarness, client: httpx.AsyncClient) -> None:
    sent = await download.sent(noise(2 * MIB), noise(10))
    card = await start(client, sent)
    size = card["size_bytes"]
    past = await client.get(card["url"], headers={"Range": f"bytes={size}-"})
    assert (past.status_code, past.headers["content-range"]) == (416, f"bytes */{size}")
    other = await client.get(card["url"], headers={"Range": "bytes=0-3", "If-Range": '"other"'})
    assert (other.status_code, len(other.content)) == (200, size)


async def test_all_or_nothing_and_a_choice_of_what_is_left(
    download: DownloadHarness, client: httpx.AsyncClient
) -> None:
    sent = await download.sent(noise(10), noise(20), noise(30))
    first, second, third = (file.file for file in sent.parcel.files)
    for _ in range(3):
        await sent.start(client, file=second)
    refused = await start(client, sent, status=429)
    assert (refused["type"], refused["files"]) == ("/problems/downloads-running", [second])
    assert await lefts(client, sent) == [3, 0, 3]
    said = (await sent.look(client)).json()["archive"]
    assert (said["left"], said["refusal"], said["files"]) == (0, "downloads-running", [second])
    card = await start(client, sent, third, first)
    assert card["files"] == [first, third]
    assert list(contents((await client.get(card["url"])).content).values()) == [sent.bodies[0], sent.bodies[2]]
    assert await lefts(client, sent) == [2, 0, 2]


async def test_what_was_not_sent_cannot_be_chosen(download: DownloadHarness, client: httpx.AsyncClient) -> None:
    sent = await download.sent(noise(10))
    assert (await start(client, sent, "other", status=404))["type"] == "/problems/file-unknown"
    assert (await client.put(place(sent, str(uuid4())), json={"files": []})).status_code == 422
    assert (await client.put(place(sent, str(uuid4())))).status_code == 200


async def test_given_back_or_forgotten_it_costs_nothing(download: DownloadHarness, client: httpx.AsyncClient) -> None:
    sent, id = await download.sent(noise(6 * MIB), noise(10)), str(uuid4())
    card = await start(client, sent, id=id)
    await read_and_leave(card["url"], MIB)
    await download.come_to_rest()
    assert (await client.delete(place(sent, id))).json() == {"state": "given-back", "left": 3}
    assert await lefts(client, sent) == [3, 3]
    for _ in range(3):
        await start(client, sent)
    assert await lefts(client, sent) == [0, 0]
    await start(client, sent, status=429)
    assert (await sent.start(client)).status_code == 429
    await sent.pass_time(timedelta(seconds=90))
    assert await lefts(client, sent) == [3, 3]
    assert contents((await client.get(card["url"])).content)
    assert await lefts(client, sent) == [2, 2]


async def test_broken_inside_its_last_bytes_it_counts_on_each_file(
    download: DownloadHarness, client: httpx.AsyncClient
) -> None:
    sent, id = await download.sent(noise(MIB), noise(10)), str(uuid4())
    card = await start(client, sent, id=id)
    await read_and_leave(card["url"], MIB // 2)
    await download.come_to_rest()
    assert (await client.delete(place(sent, id))).json() == {"state": "running", "left": 2}
    await sent.pass_time(timedelta(minutes=30))
    assert await lefts(client, sent) == [2, 2]
    await sweeper.settle(download.deps)
    await sweeper.settle(download.deps)
    assert await sent.done() == 2
    assert await lefts(client, sent) == [2, 2]


async def test_archives_and_files_take_exactly_three_of_each(started: Started, client: httpx.AsyncClient) -> None:
    download = await started(instances=2)
    sent = await download.sent(noise(10), noise(20))
    second = sent.parcel.files[1].file

    async def one(number: int) -> tuple[int, int]:
        instance, kind = number % 2, number % 3
        if kind == 0:
            answer = await client.put(place(sent, str(uuid4()), instance), json={})
        else:
            answer = await sent.start(client, instance=instance, file=sent.file if kind == 1 else second)
        return kind, answer.status_code

    answers = await asyncio.gather(*(one(number) for number in range(60)))
    assert {status for _, status in answers} == {200, 429}
    taken = [kind for kind, status in answers if status == 200]
    assert [taken.count(0) + taken.count(kind) for kind in (1, 2)] == [3, 3]
    assert await lefts(client, sent) == [0, 0]


async def test_a_flipped_byte_never_leaves_in_an_archive(download: DownloadHarness, client: httpx.AsyncClient) -> None:
    sent = await download.sent(noise(5 * MIB), noise(10))
    card = await start(client, sent)
    await flip(download, sent, 3 * MIB + 11)
    received, whole = await read_until_cut(client, card["url"])
    assert not whole
    assert received[-3 * MIB :] == sent.bodies[0][: 3 * MIB]
    assert (await client.get(card["url"])).json()["type"] == "/problems/transfer-in-quarantine"
    assert await sent.done() == 0


async def test_many_small_files_and_empty_ones(download: DownloadHarness, client: httpx.AsyncClient) -> None:
    sent = await download.sent(*(noise(number % 7 * 100) for number in range(100)))
    card = await start(client, sent)
    assert list(contents((await client.get(card["url"])).content).values()) == list(sent.bodies)
    await eventually(lambda: is_done(sent, 100))


async def test_ranges_of_an_archive_give_no_fourth_copy_of_a_small_file(
    download: DownloadHarness, client: httpx.AsyncClient
) -> None:
    sent = await download.sent(noise(100_000), noise(3 * MIB))
    for _ in range(3):
        id = str(uuid4())
        card = await start(client, sent, id=id)
        answer = await client.get(card["url"], headers={"Range": "bytes=0-110000"})
        assert sent.bodies[0] in answer.content
        await download.come_to_rest()
        assert (await client.delete(place(sent, id))).json()["state"] == "given-back"
    refusal = await start(client, sent, status=410)
    assert (refusal["type"], refusal["files"]) == ("/problems/downloads-exhausted", [sent.file])
    assert await lefts(client, sent) == [0, 3]


async def test_a_withdrawn_transfer_gives_no_archive(download: DownloadHarness, client: httpx.AsyncClient) -> None:
    sent = await download.sent(noise(10))
    card = await start(client, sent)
    await download.withdraw(sent.parcel)
    assert (await client.get(card["url"])).json()["type"] == "/problems/transfer-deleted"
    await start(client, sent, status=410)
