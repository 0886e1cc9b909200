"""What the sender sees, and nobody else."""

from uuid import uuid4

import httpx

from services.contracts.notify import MailStateChanged
from services.download import handlers
from tests.eventually import eventually
from tests.harness import signed_in
from tests.integration.download.reader import read_and_leave
from tests.integration.download.service import ANNE, BRUNO, MIB, DownloadHarness, is_done, milliseconds_now, noise

PAUL = "paul@prefecture.example"


async def test_the_sender_sees_who_was_told_who_opened_and_who_has_what(
    download: DownloadHarness, client: httpx.AsyncClient
) -> None:
    sent, id = await download.sent(noise(8 * MIB), to=(ANNE, BRUNO)), str(uuid4())
    mail = MailStateChanged(
        transfer=sent.transfer,
        kind="link",
        recipient=BRUNO.address,
        state="failed",
        reason="550 unknown",
        changed_at=milliseconds_now(),
    )
    await handlers.on_mail_state_changed(download.deps, mail)
    await client.post(f"{download.urls[0]}/api/download/links/{sent.token()}/opened", json={})
    await client.get(await sent.address(client, id))
    await eventually(lambda: is_done(sent, 1))
    card = (
        await client.get(f"{download.urls[0]}/api/download/transfers/{sent.transfer}", headers=signed_in(PAUL, "agent"))
    ).json()
    assert (card["state"], card["awaiting_approval"], card["not_downloaded"]) == ("open", False, [BRUNO.address])
    assert [(file["path"], file["verification"]) for file in card["files"]] == [("plans/été.zip", "declared")]
    anne, bruno = card["recipients"]
    assert anne["opened_at"]
    assert anne["has_everything"]
    (shown,) = anne["files"][0]["downloads"]
    assert (shown["download"], shown["state"], shown["percent"]) == (id, "done", 100)
    assert (bruno["opened_at"], bruno["mails"][0]["state"], bruno["mails"][0]["reason"]) == (
        None,
        "failed",
        "550 unknown",
    )


async def test_a_running_download_shows_how_far_it_is(download: DownloadHarness, client: httpx.AsyncClient) -> None:
    sent, id = await download.sent(noise(40 * MIB)), str(uuid4())
    await read_and_leave(await sent.address(client, id), 20 * MIB)

    async def half_way() -> bool:
        answer = await client.get(
            f"{download.urls[0]}/api/download/transfers/{sent.transfer}", headers=signed_in(PAUL, "agent")
        )
        (shown,) = answer.json()["recipients"][0]["files"][0]["downloads"]
        return bool(shown["state"] == "running" and 50 <= shown["percent"] < 90)

    await eventually(half_way)


async def test_who_waits_for_an_approval_has_no_link(download: DownloadHarness, client: httpx.AsyncClient) -> None:
    sent = await download.sent(noise(10), to=(BRUNO,), recipients=(ANNE, BRUNO))
    card = (
        await client.get(f"{download.urls[0]}/api/download/transfers/{sent.transfer}", headers=signed_in(PAUL, "agent"))
    ).json()
    assert card["awaiting_approval"]
    assert [one["has_link"] for one in card["recipients"]] == [False, True]
    assert (await sent.look(client)).json()["type"] == "/problems/link-unknown"


async def test_nobody_else_sees_anything(download: DownloadHarness, client: httpx.AsyncClient) -> None:
    sent = await download.sent(noise(10))
    url = f"{download.urls[0]}/api/download/transfers"
    other = await client.get(f"{url}/{sent.transfer}", headers=signed_in("eve@prefecture.example", "agent"))
    unknown = await client.get(f"{url}/{uuid4()}", headers=signed_in(PAUL, "agent"))
    assert other.status_code == unknown.status_code == 404
    assert other.json()["type"] == unknown.json()["type"]
    assert (await client.get(f"{url}/{sent.transfer}")).status_code == 401


async def test_the_sender_opens_a_suspended_file_again(download: DownloadHarness, client: httpx.AsyncClient) -> None:
    sent = await download.sent(noise(3 * MIB))
    await client.get(await sent.address(client, str(uuid4())), headers={"Range": "bytes=0-0"})
    await download.come_to_rest()
    await download.documents.links.update_one(
        {"_id": sent.link()}, {"$set": {f"quotas.{sent.file}.sent_bytes": 2 * 1024 * MIB}, "$inc": {"version": 1}}
    )
    assert (await sent.start(client)).json()["type"] == "/problems/downloads-suspended"
    assert (await sent.look(client)).json()["files"][0]["suspended"]
    path, wish = f"/api/download/transfers/{sent.transfer}/reopenings", {"recipient": ANNE.address, "file": sent.file}
    assert (await client.post(download.urls[0] + path, json=wish, headers=signed_in(PAUL, "agent"))).status_code == 204
    assert (await sent.start(client)).status_code == 200
