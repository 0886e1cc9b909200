"""An agent sees what was sent to them, on the real database, and nobody else does."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx

from tests.eventually import eventually
from tests.harness import signed_in
from tests.integration.download.service import ANNE, BRUNO, DownloadHarness, noise


async def received(
    download: DownloadHarness, client: httpx.AsyncClient, address: str = BRUNO.address, role: str = "agent"
) -> Any:
    return await client.get(f"{download.urls[0]}/api/download/received", headers=signed_in(address, role))


async def test_the_latest_comes_first_and_leads_to_ones_own_link(
    download: DownloadHarness, client: httpx.AsyncClient
) -> None:
    first = await download.sent(noise(10), noise(20), to=(ANNE, BRUNO))
    second = await download.sent(noise(30), to=(BRUNO,))
    await download.sent(noise(1), to=(ANNE,))
    answer = await received(download, client)
    assert answer.headers["cache-control"] == "no-store"
    newer, older = answer.json()["items"]
    assert [newer["transfer"], older["transfer"]] == [second.transfer, first.transfer]
    assert (older["files"], older["total_bytes"], older["state"]) == (2, 30, "open")
    assert older["link"] == first.token(BRUNO)
    assert older["sender"]["address"] == "paul@prefecture.example"
    assert (await client.get(f"{download.urls[0]}/api/download/links/{newer['link']}")).status_code == 200


async def test_what_was_downloaded_and_what_has_ended_is_said(
    download: DownloadHarness, client: httpx.AsyncClient
) -> None:
    done, gone, over = [await download.sent(noise(10), to=(BRUNO,)) for _ in range(3)]
    path = f"/api/download/links/{done.token(BRUNO)}/files/{done.file}/downloads/{uuid4()}"
    await client.get(download.local((await client.put(download.urls[0] + path, json={})).json()["url"]))
    await download.withdraw(gone.parcel)
    await over.pass_time(timedelta(days=7), BRUNO)

    async def as_it_is() -> bool:
        cards = {one["transfer"]: one for one in (await received(download, client)).json()["items"]}
        assert (cards[gone.transfer]["state"], cards[gone.transfer]["link"]) == ("withdrawn", None)
        assert (cards[over.transfer]["state"], cards[over.transfer]["link"]) == ("expired", None)
        return bool(cards[done.transfer]["has_everything"])

    await eventually(as_it_is)


async def test_only_an_agent_has_such_a_list_and_only_their_own(
    download: DownloadHarness, client: httpx.AsyncClient
) -> None:
    await download.sent(noise(10), to=(ANNE, BRUNO))
    outsider = await received(download, client, ANNE.address, "external")
    assert (outsider.status_code, outsider.json()["type"]) == (403, "/problems/agent-mailbox-only")
    assert (await received(download, client, "autre@ministere.example")).json()["items"] == []
    assert (await client.get(f"{download.urls[0]}/api/download/received")).status_code == 401
