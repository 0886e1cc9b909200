"""Events in any order, and more than once, come to one state."""

import itertools
import random
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.contracts.auth import SessionRevoked
from services.contracts.notify import MailStateChanged
from services.contracts.propagation import ApprovalLapsed, TransferRefused
from services.contracts.upload import FileVerified, TransferExtended, TransferQuarantined, TransferWithdrawn
from services.contracts.values import Person, TransferReference
from services.download.deps import Deps
from services.download.handlers import subscriptions
from services.kit.events import Event
from services.kit.refusals import Gone
from tests.integration.download.service import (
    ANNE,
    BRUNO,
    MIB,
    DownloadHarness,
    milliseconds_now,
    noise,
    parcel_of,
    released,
)
from tests.unit.download.sent_files import sent_file

AT = milliseconds_now()
ENDS_AT = AT + timedelta(days=7)


def story(parcel: Any) -> dict[str, list[Event]]:
    """Everything that may be heard of one transfer."""
    reference, agent = parcel.reference(), Person(address="bruno@ministere.example")
    mail = MailStateChanged(
        transfer=reference.transfer, kind="link", recipient=ANNE.address, state="delayed", reason="4.2.1", changed_at=AT
    )
    return {
        "released": [released(parcel, (BRUNO,), awaiting=True), released(parcel, (ANNE,))],
        "mails": [mail, mail.model_copy(update={"state": "accepted", "changed_at": AT + timedelta(seconds=1)})],
        "withdrawn": [TransferWithdrawn(reference=reference, withdrawn_at=AT)],
        "refused": [TransferRefused(reference=reference, refused_by=agent, reason="non", approvers=(), refused_at=AT)],
        "lapsed": [ApprovalLapsed(reference=reference, approvers=(), lapsed_at=AT)],
        "quarantined": [TransferQuarantined(reference=reference, files=(), quarantined_at=AT)],
        "extended": [extended(reference, ENDS_AT + timedelta(days=days)) for days in (1, 3)],
        "verified": [verified(reference.transfer, "f", 7), verified(reference.transfer, "g", 8)],
    }


def extended(reference: TransferReference, ends_at: datetime) -> TransferExtended:
    return TransferExtended(reference=reference, ends_at=ends_at, extended_at=AT)


def verified(transfer: str, file: str, crc32: int) -> FileVerified:
    return FileVerified(transfer=transfer, file=file, sha256="a" * 64, crc32=crc32, verified_at=AT)


async def state(deps: Deps, transfer: str) -> dict[str, Any]:
    """All that anybody can see of a transfer."""
    delivery, _ = await deps.deliveries.read(transfer)
    links = [link async for link in deps.links.of(transfer)] if delivery.is_open else []
    seen: dict[str, Any] = delivery.model_dump(exclude={"version", "id", "reference"})
    return {**seen, "links": [(link.recipient.address, link.ends_at, link.remind_at) for link in links]}


@pytest.mark.parametrize(
    "end",
    [
        (),
        ("withdrawn",),
        ("refused",),
        ("verified",),
        ("verified", "quarantined"),
        ("extended",),
        ("extended", "lapsed"),
    ],
)
async def test_events_in_every_order_come_to_one_state(download: DownloadHarness, end: tuple[str, ...]) -> None:
    kinds = ("released", "mails", *end)
    count = sum(len(story(parcel_of(()))[kind]) for kind in kinds)
    orders = list(itertools.permutations(range(count)))
    states = []
    for order in orders if len(orders) <= 24 else random.Random(7).sample(orders, 40):
        parcel = parcel_of((sent_file(b"x", 1, "f"),), to=(ANNE, BRUNO), submitted_at=AT)
        events = [event for kind in kinds for event in story(parcel)[kind]]
        handlers = subscriptions(download.deps)
        for index in (*order, *random.Random(str(order)).sample(order, 2)):
            await handlers[type(events[index])](events[index])
        states.append(await state(download.deps, parcel.transfer))
    assert all(one == states[0] for one in states)
    ends_at = ENDS_AT + timedelta(days=3 if "extended" in end else 0)
    assert states[0]["ends_at"] == ends_at
    is_open = end in ((), ("verified",), ("extended",))
    links = [(one.address, ends_at, ends_at - download.deps.policy.reminder) for one in (ANNE, BRUNO)]
    assert states[0]["links"] == (links if is_open else [])
    assert states[0]["verified"] == ({"f": 7, "g": 8} if "verified" in end else {})


async def test_of_several_ends_the_strongest_stands_whatever_came_first(download: DownloadHarness) -> None:
    for order in itertools.permutations(("withdrawn", "refused", "lapsed", "quarantined")):
        parcel = parcel_of((), to=(ANNE,))
        for kind in order:
            (event,) = story(parcel)[kind]
            await subscriptions(download.deps)[type(event)](event)
        delivery, _ = await download.deps.deliveries.read(parcel.transfer)
        assert delivery.closing
        assert delivery.closing.outcome == "withdrawn"


@pytest.mark.parametrize("end", ["withdrawn", "refused", "lapsed", "quarantined"])
async def test_an_end_leaves_a_tombstone_that_no_release_wakes(
    download: DownloadHarness, client: httpx.AsyncClient, end: str
) -> None:
    parcel = parcel_of((sent_file(b"x", 1, str(uuid4())),), to=(ANNE,))
    (event,) = story(parcel)[end]
    await subscriptions(download.deps)[type(event)](event)
    await subscriptions(download.deps)[type(released(parcel, (ANNE,)))](released(parcel, (ANNE,)))
    assert await download.deps.links.addresses(parcel.transfer) == set()


@pytest.mark.parametrize(
    ("end", "slug"),
    [
        ("withdrawn", "transfer-deleted"),
        ("refused", "transfer-not-approved"),
        ("lapsed", "transfer-lapsed"),
        ("quarantined", "transfer-in-quarantine"),
    ],
)
async def test_each_end_has_its_own_words(
    download: DownloadHarness, client: httpx.AsyncClient, end: str, slug: str
) -> None:
    sent = await download.sent(noise(10))
    address = await sent.address(client)
    (event,) = story(sent.parcel)[end]
    await subscriptions(download.deps)[type(event)](event)
    answers = [await sent.look(client), await sent.start(client), await client.get(address), await client.head(address)]
    assert [answer.status_code for answer in answers] == 4 * [Gone.status]
    assert {answer.json()["type"] for answer in answers[:3]} == {f"/problems/{slug}"}


async def test_each_recipient_hears_of_their_own_link_once(download: DownloadHarness) -> None:
    sent = await download.sent(noise(10), to=(ANNE, BRUNO))
    await subscriptions(download.deps)[type(released(sent.parcel, (ANNE,)))](released(sent.parcel, (ANNE,)))
    for recipient in (ANNE, BRUNO):
        (entry,) = await download.deps.links.all.outbox(sent.link(recipient))
        assert entry.body["recipient"]["address"] == recipient.address
        assert entry.body["token"] == sent.token(recipient)
        assert entry.body["downloads_per_file"] == 3
    stored = await download.documents.links.find({"transfer": sent.transfer}, {"outbox": 0}).to_list(None)
    assert sent.token() not in str(stored)


async def test_a_crash_between_two_links_is_caught_up_by_the_second_hearing(download: DownloadHarness) -> None:
    sent = await download.sent(noise(10), to=(ANNE, BRUNO))
    await download.documents.links.delete_one({"_id": sent.link(BRUNO)})
    await subscriptions(download.deps)[type(released(sent.parcel, (ANNE, BRUNO)))](released(sent.parcel, (ANNE, BRUNO)))
    assert await sent.announced(ANNE) == await sent.announced(BRUNO) == ["download.link-issued.v1"]


async def test_a_revoked_session_is_remembered(download: DownloadHarness) -> None:
    await subscriptions(download.deps)[SessionRevoked](SessionRevoked(session="s-1", revoked_at=AT))
    assert await download.documents.revoked_sessions.find_one({"_id": "s-1"})


async def test_a_digest_is_its_senders_word_until_the_file_was_read_back(
    download: DownloadHarness, client: httpx.AsyncClient
) -> None:
    sent = await download.sent(noise(3 * MIB), noise(10))
    large, small = sent.parcel.files

    async def words() -> dict[str, str]:
        return {file["file"]: file["verification"] for file in (await sent.look(client)).json()["files"]}

    assert await words() == {large.file: "declared", small.file: "verified"}
    event = verified(sent.transfer, large.file, 99)
    await subscriptions(download.deps)[FileVerified](event)
    assert await words() == {large.file: "verified", small.file: "verified"}
    delivery, _ = await download.deps.deliveries.read(sent.transfer)
    contents = await download.deps.contents.get(sent.transfer)
    assert [file.crc32 for file in delivery.corrected(contents).files] == [99, small.crc32]
    before, after = [await download.deps.layouts.of(one) for one in (contents, delivery.corrected(contents))]
    assert [member.crc32 for member in after.entries] == [99, small.crc32]
    assert before.etag != after.etag
