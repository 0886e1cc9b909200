"""Three means three, on the real database, over several instances."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import httpx

from services.download import sweeper
from tests.eventually import eventually
from tests.integration.download.conftest import Started
from tests.integration.download.reader import read_and_leave
from tests.integration.download.service import MIB, DownloadHarness, is_done, noise


async def test_the_fourth_complete_download_is_refused(download: DownloadHarness, client: httpx.AsyncClient) -> None:
    sent = await download.sent(noise(3 * MIB + 7))
    for done in range(1, 4):
        answer = await client.get(await sent.address(client))
        assert answer.content == sent.bodies[0]
        assert await sent.left(client) == 3 - done
    refused = await sent.start(client)
    assert refused.status_code == 410
    assert refused.json()["type"] == "/problems/downloads-exhausted"
    await eventually(lambda: is_done(sent, 3))
    assert await sent.announced() == ["download.link-issued.v1", *3 * ["download.file-downloaded.v1"]]


async def test_two_hundred_simultaneous_starts_over_three_instances_give_three_leases(
    started: Started, client: httpx.AsyncClient
) -> None:
    download = await started(3)
    sent = await download.sent(noise(100))
    answers = await asyncio.gather(*(sent.start(client, instance=number % 3) for number in range(200)))
    assert Counter(answer.status_code for answer in answers) == {200: 3, 429: 197}
    assert all(0 < int(answer.headers["retry-after"]) <= 90 for answer in answers if answer.status_code == 429)
    link = await download.deps.links.all.get(sent.link())
    assert link.version == 4, "a refused start writes nothing"


async def test_the_same_start_again_takes_nothing_more(started: Started, client: httpx.AsyncClient) -> None:
    download = await started(3)
    sent, id = await download.sent(noise(100)), str(uuid4())
    answers = await asyncio.gather(*(sent.start(client, id, instance=number % 3) for number in range(60)))
    assert {answer.status_code for answer in answers} == {200}
    assert await sent.left(client) == 2


async def test_looking_and_asking_for_the_headers_cost_nothing(
    download: DownloadHarness, client: httpx.AsyncClient
) -> None:
    sent = await download.sent(noise(100))
    address = await sent.address(client)
    version = (await download.deps.links.all.get(sent.link())).version
    for _ in range(10):
        assert (await sent.look(client)).status_code == 200
        assert (await client.head(address)).headers["content-length"] == "100"
        assert (await client.get(address, headers={"Sec-Purpose": "prefetch"})).status_code == 409
    assert (await download.deps.links.all.get(sent.link())).version == version


async def test_a_lease_that_was_never_used_is_free_again_after_ninety_seconds(
    download: DownloadHarness, client: httpx.AsyncClient
) -> None:
    sent = await download.sent(noise(100))
    for _ in range(3):
        await sent.start(client)
    await sent.pass_time(timedelta(seconds=30))
    refused = await sent.start(client)
    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/downloads-running")
    assert 0 < int(refused.headers["retry-after"]) <= 60
    files = (await sent.look(client)).json()["files"]
    assert [(one["left"], one["refusal"]) for one in files] == [(0, "downloads-running")]
    await sent.pass_time(timedelta(seconds=60))
    assert await sent.left(client) == 3
    assert (await sent.start(client)).status_code == 200


async def test_giving_back_frees_the_slot_at_once(download: DownloadHarness, client: httpx.AsyncClient) -> None:
    sent, id = await download.sent(noise(100)), str(uuid4())
    await sent.start(client, id)
    assert (await sent.give_back(client, id)).json() == {"state": "given-back", "left": 3}
    assert (await sent.give_back(client, id)).json() == {"state": "given-back", "left": 3}


async def test_a_done_download_hands_out_no_more_than_its_end(
    download: DownloadHarness, client: httpx.AsyncClient
) -> None:
    size_bytes, id = 17 * MIB, str(uuid4())
    sent = await download.sent(noise(size_bytes))
    address, half = await sent.address(client, id), size_bytes // 2
    assert (await client.get(address)).status_code == 200
    again = await client.get(address)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/download-already-done")
    assert (await sent.start(client, id)).json()["state"] == "done"
    end = await client.get(address, headers={"Range": f"bytes={half}-"})
    assert (end.status_code, end.content) == (206, sent.bodies[0][half:]), (
        "a connection may have broken without the service noticing"
    )
    more = await client.get(address, headers={"Range": f"bytes={half - 1}-"})
    assert more.status_code == 409
    assert await sent.done() == 1


async def test_a_small_download_that_one_program_lets_go_is_had_by_the_next_one_on_the_same_slot(
    download: DownloadHarness, client: httpx.AsyncClient
) -> None:
    sent = await download.sent(noise(300_000))
    address = await sent.address(client)
    await read_and_leave(address, 1)
    await download.come_to_rest()
    assert (await client.get(address)).content == sent.bodies[0]
    await eventually(lambda: is_done(sent, 1))
    assert await sent.left(client) == 2


async def test_two_undone_halves_are_one_of_three(download: DownloadHarness, client: httpx.AsyncClient) -> None:
    sent, half = await download.sent(noise(10 * MIB)), 5 * MIB
    for _ in range(3):
        for span, content in ((f"0-{half - 1}", sent.bodies[0][:half]), (f"{half}-", sent.bodies[0][half:])):
            id = str(uuid4())
            answer = await client.get(await sent.address(client, id), headers={"Range": f"bytes={span}"})
            assert answer.content == content
            await download.come_to_rest()
            await sent.give_back(client, id)
    assert (await sent.left(client), await sent.done()) == (0, 0)
    assert (await sent.start(client)).json()["type"] == "/problems/downloads-exhausted"


async def test_all_but_the_last_byte_is_one_of_three(download: DownloadHarness, client: httpx.AsyncClient) -> None:
    sent = await download.sent(noise(3 * MIB))
    for left in (2, 1, 0):
        await client.get(await sent.address(client, str(uuid4())), headers={"Range": "bytes=0-3145726"})
        await download.come_to_rest()
        await sent.pass_time(timedelta(minutes=31))
        await sweeper.settle(download.deps)
        assert await sent.left(client) == left
    assert (await sent.start(client)).json()["type"] == "/problems/downloads-exhausted"


async def test_an_empty_file_counts_when_it_was_fetched(download: DownloadHarness, client: httpx.AsyncClient) -> None:
    sent = await download.sent(b"")
    address = await sent.address(client)
    assert (await client.head(address)).status_code == 200
    assert await sent.left(client) == 2
    assert (await client.get(address)).content == b""
    await eventually(lambda: is_done(sent, 1))


async def test_unknown_and_malformed_tokens_look_the_same(download: DownloadHarness, client: httpx.AsyncClient) -> None:
    url = f"{download.urls[0]}/api/download/links"
    answers = [await client.get(f"{url}/{token}") for token in ("A" * 43, "x", "é€%00", "A" * 5000)]
    files = [await client.get(f"{download.urls[0]}/files/{token}") for token in ("A" * 139, "x", "B" * 190)]
    seen = {(answer.status_code, answer.json()["type"], answer.json()["title"]) for answer in [*answers, *files]}
    assert seen == {(404, "/problems/link-unknown", "Ce lien n'existe pas ; il a peut-être été copié incomplètement.")}
