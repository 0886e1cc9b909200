"""What the counter hears: in any order, and more than once, it comes to one state."""

import itertools
import random
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.contracts.auth import SessionRevoked
from services.contracts.notify import MailStateChanged
from services.contracts.propagation import ApprovalLapsed, TransferRefused
from services.contracts.upload import TransferWithdrawn
from services.contracts.values import Person
from services.download.deps import Deps
from services.download.handlers import heard
from services.kit.events import Fact
from services.kit.refusals import Gone
from tests.integration.download.rig import ANNE, BRUNO, Rig, milliseconds_now, noise, parcel_of, released, sent_file

AT = milliseconds_now()


def story(parcel: Any) -> dict[str, list[Fact]]:
    """Everything that may be heard of one transfer."""
    label, agent = parcel.label(), Person(address="bruno@ministere.example")
    mail = MailStateChanged(
        transfer=label.transfer, kind="link", recipient=ANNE.address, state="delayed", reason="4.2.1", changed_at=AT
    )
    return {
        "released": [released(parcel, (BRUNO,), awaiting=True), released(parcel, (ANNE,))],
        "mails": [mail, mail.model_copy(update={"state": "accepted", "changed_at": AT + timedelta(seconds=1)})],
        "withdrawn": [TransferWithdrawn(label=label, withdrawn_at=AT)],
        "refused": [TransferRefused(label=label, refused_by=agent, reason="non", approvers=(), refused_at=AT)],
        "lapsed": [ApprovalLapsed(label=label, approvers=(), lapsed_at=AT)],
    }


async def state(deps: Deps, transfer: str) -> dict[str, Any]:
    """All that anybody can see of a transfer."""
    delivery, _ = await deps.deliveries.read(transfer)
    links = await deps.links.of(transfer) if delivery.open else []
    seen: dict[str, Any] = delivery.model_dump(exclude={"version", "id", "label"})
    return {**seen, "links": [link.recipient.address for link in links]}


@pytest.mark.parametrize("end", [(), ("withdrawn",), ("refused",)])
async def test_facts_in_every_order_come_to_one_state(rig: Rig, end: tuple[str, ...]) -> None:
    kinds = ("released", "mails", *end)
    count = sum(len(story(parcel_of(()))[kind]) for kind in kinds)
    orders = list(itertools.permutations(range(count)))
    states = []
    for order in orders if len(orders) <= 24 else random.Random(7).sample(orders, 40):
        parcel = parcel_of((sent_file(b"x", 1, "f"),), to=(ANNE, BRUNO), submitted_at=AT)
        facts = [fact for kind in kinds for fact in story(parcel)[kind]]
        handlers = heard(rig.deps)
        for index in (*order, *random.Random(str(order)).sample(order, 2)):
            await handlers[type(facts[index])](facts[index])
        states.append(await state(rig.deps, parcel.transfer))
    assert all(one == states[0] for one in states)
    assert states[0]["links"] == ([] if end else [ANNE.address, BRUNO.address])


async def test_of_several_ends_the_strongest_stands_whatever_came_first(rig: Rig) -> None:
    for order in itertools.permutations(("withdrawn", "refused", "lapsed")):
        parcel = parcel_of((), to=(ANNE,))
        for kind in order:
            (fact,) = story(parcel)[kind]
            await heard(rig.deps)[type(fact)](fact)
        delivery, _ = await rig.deps.deliveries.read(parcel.transfer)
        assert delivery.closing
        assert delivery.closing.outcome == "withdrawn"


@pytest.mark.parametrize("end", ["withdrawn", "refused", "lapsed"])
async def test_an_end_leaves_a_tombstone_that_no_release_wakes(rig: Rig, client: httpx.AsyncClient, end: str) -> None:
    parcel = parcel_of((sent_file(b"x", 1, str(uuid4())),), to=(ANNE,))
    (fact,) = story(parcel)[end]
    await heard(rig.deps)[type(fact)](fact)
    await heard(rig.deps)[type(released(parcel, (ANNE,)))](released(parcel, (ANNE,)))
    assert await rig.deps.links.of(parcel.transfer) == []


@pytest.mark.parametrize(
    ("end", "slug"),
    [("withdrawn", "transfer-withdrawn"), ("refused", "transfer-refused"), ("lapsed", "transfer-lapsed")],
)
async def test_each_end_has_its_own_words(rig: Rig, client: httpx.AsyncClient, end: str, slug: str) -> None:
    sent = await rig.sent(noise(10))
    address = await sent.address(client)
    (fact,) = story(sent.parcel)[end]
    await heard(rig.deps)[type(fact)](fact)
    answers = [await sent.look(client), await sent.start(client), await client.get(address), await client.head(address)]
    assert [answer.status_code for answer in answers] == 4 * [Gone.status]
    assert {answer.json()["type"] for answer in answers[:3]} == {f"/problems/{slug}"}


async def test_each_recipient_hears_of_their_own_link_once(rig: Rig) -> None:
    sent = await rig.sent(noise(10), to=(ANNE, BRUNO))
    await heard(rig.deps)[type(released(sent.parcel, (ANNE,)))](released(sent.parcel, (ANNE,)))
    for recipient in (ANNE, BRUNO):
        (entry,) = await rig.deps.links.all.outbox(sent.link(recipient))
        assert entry.body["recipient"]["address"] == recipient.address
        assert entry.body["token"] == sent.token(recipient)
        assert entry.body["downloads_per_file"] == 3
    stored = await rig.mongo.links.find({"transfer": sent.transfer}, {"outbox": 0}).to_list(None)
    assert sent.token() not in str(stored)


async def test_a_crash_between_two_links_is_caught_up_by_the_second_hearing(rig: Rig) -> None:
    sent = await rig.sent(noise(10), to=(ANNE, BRUNO))
    await rig.mongo.links.delete_one({"_id": sent.link(BRUNO)})
    await heard(rig.deps)[type(released(sent.parcel, (ANNE, BRUNO)))](released(sent.parcel, (ANNE, BRUNO)))
    assert await sent.announced(ANNE) == await sent.announced(BRUNO) == ["download.link-issued.v1"]


async def test_a_revoked_session_is_remembered(rig: Rig) -> None:
    await heard(rig.deps)[SessionRevoked](SessionRevoked(session="s-1", revoked_at=AT))
    assert await rig.mongo.revoked_sessions.find_one({"_id": "s-1"})
