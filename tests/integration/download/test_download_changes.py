"""What a sender changes while it runs: one recipient goes, a mail goes out once more, the end is later."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.contracts.upload import TransferExtended
from services.contracts.values import Recipient
from services.download import handlers, sweeper
from services.download.streaming import revocation_cache
from services.kit.clock import utc_now
from tests.eventually import eventually
from tests.harness import signed_in
from tests.integration.download.conftest import Started
from tests.integration.download.reader import open_download, read_the_rest
from tests.integration.download.service import (
    ANNE,
    BRUNO,
    MIB,
    DownloadHarness,
    StoredTransfer,
    is_done,
    noise,
    released,
)

PAUL, EVE = "paul@prefecture.example", "eve@prefecture.example"
DAY = timedelta(days=1)


@pytest.fixture
async def download(started: Started) -> DownloadHarness:
    return await started(instances=2)


class Sender:
    """Somebody with a session, at either instance."""

    def __init__(self, download: DownloadHarness, client: httpx.AsyncClient, address: str = PAUL) -> None:
        self.download = download
        self.client = client
        self.headers = signed_in(address, "agent")

    async def ask(
        self, method: str, transfer: str, rest: str = "", body: Any = None, instance: int = 0
    ) -> httpx.Response:
        url = f"{self.download.urls[instance]}/api/download/transfers/{transfer}{rest}"
        return await self.client.request(method, url, json=body, headers=self.headers)

    async def revoke(self, sent: StoredTransfer, recipient: Recipient = ANNE) -> httpx.Response:
        return await self.ask("POST", sent.transfer, "/revocations", {"recipient": recipient.address})

    async def resend(
        self, sent: StoredTransfer, recipient: Recipient = ANNE, id: str = "", instance: int = 0
    ) -> httpx.Response:
        body = {"recipient": recipient.address}
        return await self.ask("PUT", sent.transfer, f"/resendings/{id or uuid4()}", body, instance)

    async def remind(self, sent: StoredTransfer, recipient: Recipient | None = None, id: str = "") -> httpx.Response:
        body = {"recipient": recipient.address if recipient else None}
        return await self.ask("PUT", sent.transfer, f"/reminders/{id or uuid4()}", body)

    async def card(self, sent: StoredTransfer) -> Any:
        return (await self.ask("GET", sent.transfer)).json()


@pytest.fixture
async def paul(download: DownloadHarness, client: httpx.AsyncClient) -> Sender:
    return Sender(download, client)


async def slug(answer: Awaitable[httpx.Response]) -> tuple[int, str]:
    found = await answer
    return found.status_code, str(found.json()["type"]).removeprefix("/problems/")


async def extend(download: DownloadHarness, sent: StoredTransfer, by: timedelta) -> None:
    ends_at = sent.parcel.ends_at + by
    event = TransferExtended(reference=sent.parcel.reference(), ends_at=ends_at, extended_at=utc_now())
    await handlers.on_transfer_extended(download.deps, event)


# --- revoking ---


async def test_who_is_revoked_can_do_nothing_more_and_the_others_everything(
    download: DownloadHarness, client: httpx.AsyncClient, paul: Sender
) -> None:
    sent = await download.sent(noise(10), to=(ANNE, BRUNO))
    address = await sent.address(client)
    for typed in (ANNE, ANNE.model_copy(update={"address": ANNE.address.upper()})):
        assert (await paul.revoke(sent, typed)).status_code == 204
    for asked in (sent.look(client), sent.start(client), client.get(address), client.get(address + "?x")):
        assert await slug(asked) == (410, "link-revoked")
    assert (await client.head(address)).status_code == 410
    bruno = await client.get(f"{download.urls[0]}/api/download/links/{sent.token(BRUNO)}")
    assert bruno.status_code == 200
    (entry,) = await download.deps.deliveries.all.outbox(sent.transfer)
    assert (entry.type, entry.body["recipient"]["address"]) == ("download.recipient-revoked.v1", ANNE.address)
    card = await paul.card(sent)
    anne, other = card["recipients"]
    assert anne["revoked_at"]
    assert other["revoked_at"] is None
    assert card["not_downloaded"] == [BRUNO.address]


async def test_a_revocation_cuts_the_running_download_of_that_one_only(
    download: DownloadHarness, client: httpx.AsyncClient, paul: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocation_cache, "MAX_AGE_SECONDS", 0.0)
    sent = await download.sent(noise(60 * MIB), part_bytes=2 * MIB, to=(ANNE, BRUNO))
    address = await sent.address(client)
    path = f"/api/download/links/{sent.token(BRUNO)}/files/{sent.file}/downloads/{uuid4()}"
    other = download.local((await client.put(download.urls[0] + path, json={})).json()["url"])
    mine, first = await open_download(address)
    theirs, second = await open_download(other)
    begun = [await reader.readexactly(MIB) for reader in (mine, theirs)]
    await paul.revoke(sent)
    assert len(await read_the_rest(mine)) < 30 * MIB, "some parts were on their way"
    assert begun[1] + await theirs.readexactly(59 * MIB) == sent.bodies[0]
    for line in (first, second):
        line.close()
    assert await sent.done() == 0


async def test_who_is_revoked_while_waiting_never_gets_a_link(
    download: DownloadHarness, client: httpx.AsyncClient, paul: Sender
) -> None:
    sent = await download.sent(noise(10), to=(BRUNO,), recipients=(ANNE, BRUNO), sender_role="external")
    assert (await paul.card(sent))["awaiting_approval"]
    assert await slug(paul.resend(sent)) == (409, "recipient-has-no-link")
    assert (await paul.revoke(sent)).status_code == 204
    for _ in range(2):
        await handlers.on_transfer_released(download.deps, released(sent.parcel, (ANNE,)))
    assert [link.recipient async for link in download.deps.links.of(sent.transfer)] == [BRUNO]
    assert await slug(sent.look(client)) == (404, "link-unknown")
    card = await paul.card(sent)
    assert (card["awaiting_approval"], card["recipients"][0]["has_link"]) == (False, False)


async def test_releases_and_a_revocation_at_the_same_instant_leave_nothing_that_opens(
    download: DownloadHarness, client: httpx.AsyncClient, paul: Sender
) -> None:
    for _ in range(12):
        sent = await download.sent(noise(1), to=(BRUNO,), recipients=(ANNE, BRUNO))
        release = released(sent.parcel, (ANNE,))
        both = (handlers.on_transfer_released(deps, release) for deps in download.instances)
        await asyncio.gather(*both, paul.revoke(sent))
        assert (await sent.look(client)).status_code in (404, 410)


async def test_the_last_agent_who_could_approve_is_not_revoked(download: DownloadHarness, paul: Sender) -> None:
    sent = await download.sent(noise(10), to=(BRUNO,), recipients=(ANNE, BRUNO), sender_role="external")
    assert await slug(paul.revoke(sent, BRUNO)) == (409, "last-approver-needed")
    await paul.revoke(sent)
    assert (await paul.revoke(sent, BRUNO)).status_code == 204


# --- once more ---


async def test_the_link_goes_out_again_once_for_each_wish(download: DownloadHarness, paul: Sender) -> None:
    sent, id = await download.sent(noise(10)), str(uuid4())
    answers = await asyncio.gather(*(paul.resend(sent, id=id, instance=number % 2) for number in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    entries = await download.deps.links.all.outbox(sent.link())
    assert [(entry.type, bool(entry.body["asked_at"])) for entry in entries] == [
        ("download.link-issued.v1", False),
        ("download.link-issued.v1", True),
    ]
    assert entries[1].body["token"] == sent.token()
    refused = await paul.resend(sent)
    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/resent-lately")
    assert 0 < int(refused.headers["retry-after"]) <= 600
    await sent.pass_time(timedelta(minutes=10))
    assert (await paul.resend(sent)).status_code == 200


async def test_all_who_have_not_everything_are_reminded_once_a_day(
    download: DownloadHarness, client: httpx.AsyncClient, paul: Sender
) -> None:
    cecile = Recipient(address="cecile@mairie.example", field="to", role="external")
    sent, id = await download.sent(noise(10), to=(ANNE, BRUNO, cecile)), str(uuid4())
    await client.get(await sent.address(client))
    await eventually(lambda: is_done(sent, 1))
    assert (await paul.remind(sent, BRUNO)).json() == {"reminded": [BRUNO.address], "passed_over": []}
    assert await slug(paul.remind(sent, BRUNO)) == (429, "reminded-lately")
    assert await slug(paul.remind(sent, ANNE)) == (409, "everything-downloaded")
    first = (await paul.remind(sent, id=id)).json()
    assert first == {"reminded": [cecile.address], "passed_over": [BRUNO.address]}
    assert (await paul.remind(sent, id=id)).json() == first
    assert await slug(paul.remind(sent)) == (409, "nobody-to-remind")
    assert (await sent.announced(cecile)).count("download.link-left-unused.v1") == 1
    for one in (BRUNO, cecile):
        await sent.pass_time(DAY, one)
    assert (await paul.remind(sent)).json()["reminded"] == [BRUNO.address, cecile.address]
    assert "download.link-left-unused.v1" not in await sent.announced(ANNE)


async def test_nobody_who_was_revoked_is_reminded(download: DownloadHarness, paul: Sender) -> None:
    sent = await download.sent(noise(10), to=(ANNE, BRUNO))
    await paul.revoke(sent)
    assert (await paul.remind(sent)).json()["reminded"] == [BRUNO.address]
    for asked in (paul.remind(sent, ANNE), paul.resend(sent, ANNE)):
        assert await slug(asked) == (410, "link-revoked")
    await sent.pass_time(timedelta(days=5, minutes=1))
    await sweeper.remind(download.deps)
    assert await sent.announced() == ["download.link-issued.v1"]


# --- the end ---


async def test_an_extension_moves_the_end_of_every_link_and_its_reminder(
    download: DownloadHarness, client: httpx.AsyncClient, paul: Sender
) -> None:
    sent = await download.sent(noise(10), to=(ANNE, BRUNO))
    await client.get(await sent.address(client))
    await eventually(lambda: is_done(sent, 1))
    for _ in range(2):
        await extend(download, sent, 3 * DAY)
    later = sent.parcel.ends_at + 3 * DAY
    assert (await sent.look(client)).json()["ends_at"] == (await paul.card(sent))["ends_at"]
    assert [link.ends_at async for link in download.deps.links.of(sent.transfer)] == [later, later]
    assert "download.link-extended.v1" not in await sent.announced(ANNE)
    assert await sent.announced(BRUNO) == ["download.link-issued.v1", "download.link-extended.v1"]
    await download.pass_time(7 * DAY)
    assert (await sent.start(client)).status_code == 200
    await sweeper.expire(download.deps)
    assert (await download.deps.deliveries.read(sent.transfer))[0].is_open
    await download.pass_time(3 * DAY)
    assert await slug(sent.start(client)) == (410, "link-expired")


async def test_who_gets_a_link_after_the_extension_has_it_until_then(download: DownloadHarness) -> None:
    sent = await download.sent(noise(10), to=(BRUNO,), recipients=(ANNE, BRUNO))
    await extend(download, sent, DAY)
    await handlers.on_transfer_released(download.deps, released(sent.parcel, (ANNE,)))
    assert {link.ends_at async for link in download.deps.links.of(sent.transfer)} == {sent.parcel.ends_at + DAY}
    (entry,) = await download.deps.links.all.outbox(sent.link())
    assert entry.body["ends_at"].startswith((sent.parcel.ends_at + DAY).isoformat()[:19])


async def test_a_release_and_an_extension_at_the_same_instant_agree(download: DownloadHarness) -> None:
    for _ in range(12):
        sent = await download.sent(noise(1), to=(BRUNO,), recipients=(ANNE, BRUNO))
        release = released(sent.parcel, (ANNE,))
        await asyncio.gather(handlers.on_transfer_released(download.instances[1], release), extend(download, sent, DAY))
        assert {link.ends_at async for link in download.deps.links.of(sent.transfer)} == {sent.parcel.ends_at + DAY}


async def test_an_end_that_was_found_too_early_is_taken_back(
    download: DownloadHarness, client: httpx.AsyncClient
) -> None:
    sent = await download.sent(noise(10))
    await download.pass_time(7 * DAY + sweeper.LATE_EXTENSIONS)
    await sweeper.expire(download.deps)
    assert await slug(sent.look(client)) == (410, "link-expired")
    await extend(download, sent, DAY)
    assert (await sent.start(client)).status_code == 200
    await download.published()
    await download.pass_time(9 * DAY)
    await sweeper.expire(download.deps)
    (entry,) = await download.deps.deliveries.all.outbox(sent.transfer)
    assert entry.type == "download.transfer-expired.v1"


# --- refusals ---


async def test_to_anybody_else_the_transfer_does_not_exist(
    download: DownloadHarness, client: httpx.AsyncClient, paul: Sender
) -> None:
    sent, eve = await download.sent(noise(10)), Sender(download, client, EVE)
    unknown = {await slug(paul.ask("POST", str(uuid4()), "/revocations", {"recipient": ANNE.address}))}
    for asked in (eve.revoke(sent), eve.resend(sent), eve.remind(sent), eve.remind(sent, ANNE)):
        unknown.add(await slug(asked))
    assert unknown == {(404, "transfer-unknown")}
    eve.headers = {}
    for asked in (eve.revoke(sent), eve.resend(sent), eve.remind(sent)):
        assert (await asked).status_code == 401
    assert await sent.announced() == ["download.link-issued.v1"]


@pytest.mark.parametrize("end", ["withdrawn", "expired"])
async def test_what_has_ended_is_not_changed_any_more(download: DownloadHarness, paul: Sender, end: str) -> None:
    sent = await download.sent(noise(10))
    if end == "withdrawn":
        await download.withdraw(sent.parcel)
    else:
        await download.pass_time(7 * DAY)
    said = (410, "transfer-deleted" if end == "withdrawn" else "link-expired")
    for asked in (paul.revoke(sent), paul.resend(sent), paul.remind(sent), paul.remind(sent, ANNE)):
        assert await slug(asked) == said


async def test_somebody_to_whom_it_was_not_sent_is_unknown(download: DownloadHarness, paul: Sender) -> None:
    sent = await download.sent(noise(10))
    for asked in (paul.revoke(sent, BRUNO), paul.resend(sent, BRUNO), paul.remind(sent, BRUNO)):
        assert await slug(asked) == (404, "recipient-unknown")
    assert (await paul.ask("PUT", sent.transfer, "/resendings/x", {"recipient": ANNE.address})).status_code == 422
