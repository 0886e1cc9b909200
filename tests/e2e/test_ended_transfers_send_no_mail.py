"""Transfers end while the mail server is down: when it returns, only their senders get a mail (ADR 15)."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from devstack.people import DECISION, OFFER, ApiUser
from tests.contents import random_content
from tests.e2e.scenario import WRITE, Scenario, SentTransfer
from tests.eventually import until

PAST = timedelta(minutes=1)
LIE = "d" * 64


def mails_wait(scenario: Scenario, sent: SentTransfer, *kinds: str) -> None:
    """Until mails of these kinds wait for the mail server."""
    query = {"transfer": sent.transfer, "state": "waiting"}
    until(lambda: set(kinds) <= set(scenario.database("notify")["mails"].distinct("kind", query)), f"{kinds} wait")


def end_was_heard(scenario: Scenario, sent: SentTransfer, way: str) -> None:
    """Until the service that sends the mails has heard of the end, of which it tells the sender; or of a revocation."""
    notify, transfer = scenario.database("notify"), sent.transfer
    if way == "revoked":
        until(lambda: notify["transfer_statuses"].find_one({"_id": transfer, "revoked": {"$ne": []}}), "it was heard")
    else:
        until(lambda: notify["mails"].find_one({"transfer": transfer, "kind": way}), f"{way} was heard")


def from_outside(scenario: Scenario, sender: ApiUser, agent: ApiUser) -> tuple[SentTransfer, list[str]]:
    """A transfer that an agent must approve, and who is not to hear of it."""
    other = scenario.external("sacha", signed_in=False)
    sent = scenario.send(sender, [agent.address, other.address])
    mails_wait(scenario, sent, "link", "to_approve")
    return sent, [agent.address, other.address]


def quarantined(scenario: Scenario, sender: ApiUser, monkeypatch: pytest.MonkeyPatch) -> tuple[SentTransfer, list[str]]:
    """What is stored is not what was declared."""
    agent, say = scenario.agent("dominique"), sender.api.complete_file
    with monkeypatch.context() as patched:
        patched.setattr(sender.api, "complete_file", lambda draft, file, _sha256: say(draft, file, LIE))
        sent = scenario.send(sender, [agent.address], {"menteur-5521.bin": random_content(15, 9_000_000)})
    return sent, [agent.address]


def expired(scenario: Scenario, sender: ApiUser) -> tuple[SentTransfer, list[str]]:
    """Its last day is over."""
    other = scenario.external("sacha", signed_in=False)
    sent = scenario.send(sender, [other.address])
    mails_wait(scenario, sent, "link")
    change = {"$set": {"ends_at": datetime.now(UTC) - PAST}, "$inc": WRITE}
    scenario.database("download")["links"].update_many({"transfer": sent.transfer}, change)
    scenario.database("download")["deliveries"].update_one({"_id": sent.transfer}, change)
    scenario.database("upload")["transfers"].update_one({"_id": sent.transfer}, change)
    return sent, [other.address]


def everything_left(scenario: Scenario, transfers: Iterable[str]) -> None:
    """Until no mail of these transfers waits any more."""
    query = {"transfer": {"$in": list(transfers)}, "next_at": {"$ne": None}}
    until(lambda: not scenario.database("notify")["mails"].find_one(query), "all mails have left or were cancelled")


def test_when_the_mail_server_is_back_ended_transfers_send_no_mail(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    outsider, agent = scenario.external("camille"), scenario.agent("dominique", signed_in=True)
    lasting = scenario.external("lou", signed_in=False)
    told: dict[str, tuple[SentTransfer, list[str]]] = {}
    scenario.kill("mailbox")
    try:
        told["withdrawn"] = from_outside(scenario, outsider, scenario.agent("claude"))
        outsider.api.withdraw(told["withdrawn"][0].transfer)

        told["refused"] = from_outside(scenario, outsider, agent)
        card = agent.api.decision(told["refused"][0].transfer)
        agent.api.refuse_transfer(told["refused"][0].transfer, card.snapshot.digest, "Non.")

        told["lapsed"] = from_outside(scenario, outsider, scenario.agent("claude"))
        change = {"$set": {"decide_by": datetime.now(UTC) - PAST}, "$inc": WRITE}
        scenario.database("propagation")["propagations"].update_one({"_id": told["lapsed"][0].transfer}, change)

        told["quarantined"] = quarantined(scenario, outsider, monkeypatch)
        told["expired"] = expired(scenario, agent)

        revoked = scenario.external("sacha", signed_in=False)
        told["revoked"] = scenario.send(agent, [revoked.address, lasting.address]), [revoked.address]
        mails_wait(scenario, told["revoked"][0], "link")
        agent.api.revoke(told["revoked"][0].transfer, revoked.address)

        for way, (sent, _) in told.items():
            end_was_heard(scenario, sent, way)
    finally:
        scenario.restart_killed("mailbox")
    assert lasting.wait_for_mail(OFFER)
    everything_left(scenario, [sent.transfer for sent, _ in told.values()])
    for way, (_, people) in told.items():
        found = [scenario.inbox.with_page(one, page) for one in people for page in (OFFER, DECISION)]
        assert not any(found), way
