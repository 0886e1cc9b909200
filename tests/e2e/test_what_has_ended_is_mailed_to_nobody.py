"""Transfers end while the mail server is away: when it is back, nobody but their senders hears of them (ADR 15)."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from devstack.people import DECISION, OFFER, ApiUser
from tests.contents import noise
from tests.e2e.world import WRITE, Sent, World
from tests.eventually import until

PAST = timedelta(minutes=1)
LIE = "d" * 64


def mails_wait(world: World, sent: Sent, *kinds: str) -> None:
    """Until mails of these kinds wait for the mail server."""
    query = {"transfer": sent.transfer, "state": "waiting"}
    until(lambda: set(kinds) <= set(world.database("notify")["mails"].distinct("kind", query)), f"{kinds} wait")


def end_was_heard(world: World, sent: Sent, way: str) -> None:
    """Until the service that sends the mails has heard of the end, of which it tells the sender; or of a revocation."""
    notify, transfer = world.database("notify"), sent.transfer
    if way == "revoked":
        until(lambda: notify["standings"].find_one({"_id": transfer, "revoked": {"$ne": []}}), "it was heard")
    else:
        until(lambda: notify["mails"].find_one({"transfer": transfer, "kind": way}), f"{way} was heard")


def from_outside(world: World, sender: ApiUser, agent: ApiUser) -> tuple[Sent, list[str]]:
    """A transfer that an agent must approve, and who is not to hear of it."""
    other = world.outsider("sacha", signed_in=False)
    sent = world.send(sender, [agent.address, other.address])
    mails_wait(world, sent, "link", "to_approve")
    return sent, [agent.address, other.address]


def quarantined(world: World, sender: ApiUser, monkeypatch: pytest.MonkeyPatch) -> tuple[Sent, list[str]]:
    """What is stored is not what was declared."""
    agent, say = world.agent("dominique"), sender.api.complete_file
    with monkeypatch.context() as patched:
        patched.setattr(sender.api, "complete_file", lambda draft, file, _sha256: say(draft, file, LIE))
        sent = world.send(sender, [agent.address], {"menteur-5521.bin": noise(15, 9_000_000)})
    return sent, [agent.address]


def expired(world: World, sender: ApiUser) -> tuple[Sent, list[str]]:
    """Its last day is over."""
    other = world.outsider("sacha", signed_in=False)
    sent = world.send(sender, [other.address])
    mails_wait(world, sent, "link")
    change = {"$set": {"ends_at": datetime.now(UTC) - PAST}, "$inc": WRITE}
    world.database("download")["links"].update_many({"transfer": sent.transfer}, change)
    world.database("download")["deliveries"].update_one({"_id": sent.transfer}, change)
    world.database("upload")["transfers"].update_one({"_id": sent.transfer}, change)
    return sent, [other.address]


def everything_left(world: World, transfers: Iterable[str]) -> None:
    """Until no mail of these transfers waits any more."""
    query = {"transfer": {"$in": list(transfers)}, "next_at": {"$ne": None}}
    until(lambda: not world.database("notify")["mails"].find_one(query), "all mails have left or were dropped")


def test_when_the_mail_server_is_back_what_has_ended_is_mailed_to_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    outsider, agent = world.outsider("camille"), world.agent("dominique", signed_in=True)
    lasting = world.outsider("lou", signed_in=False)
    told: dict[str, tuple[Sent, list[str]]] = {}
    world.kill("mailbox")
    try:
        told["withdrawn"] = from_outside(world, outsider, world.agent("claude"))
        outsider.api.withdraw(told["withdrawn"][0].transfer)

        told["refused"] = from_outside(world, outsider, agent)
        card = agent.api.decision(told["refused"][0].transfer)
        agent.api.refuse_transfer(told["refused"][0].transfer, card["shown"]["digest"], "Non.")

        told["lapsed"] = from_outside(world, outsider, world.agent("claude"))
        change = {"$set": {"decide_by": datetime.now(UTC) - PAST}, "$inc": WRITE}
        world.database("propagation")["propagations"].update_one({"_id": told["lapsed"][0].transfer}, change)

        told["quarantined"] = quarantined(world, outsider, monkeypatch)
        told["expired"] = expired(world, agent)

        revoked = world.outsider("sacha", signed_in=False)
        told["revoked"] = world.send(agent, [revoked.address, lasting.address]), [revoked.address]
        mails_wait(world, told["revoked"][0], "link")
        agent.api.revoke(told["revoked"][0].transfer, revoked.address)

        for way, (sent, _) in told.items():
            end_was_heard(world, sent, way)
    finally:
        world.revive("mailbox")
    assert lasting.wait_for_mail(OFFER)
    everything_left(world, [sent.transfer for sent, _ in told.values()])
    for way, (_, people) in told.items():
        found = [world.letters.with_page(one, page) for one in people for page in (OFFER, DECISION)]
        assert not any(found), way
