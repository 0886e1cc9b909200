"""Transfers end while the mail server is down: when it returns, only their senders get a mail (ADR 15)."""

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from devstack.people import ACCESS, DECISION, OFFER, ApiUser
from tests.contents import random_content
from tests.e2e.scenario import WRITE, Scenario, SentTransfer
from tests.eventually import until

PAST = timedelta(minutes=1)
LIE = "d" * 64


class Ending(NamedTuple):
    """A transfer whose mails wait, who is not to get them, and what ends it."""

    sent: SentTransfer
    people: list[str]
    end: Callable[[], object]


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


def from_inside(scenario: Scenario, sender: ApiUser, *more: str) -> tuple[SentTransfer, list[str]]:
    """A transfer that nobody has to approve; `more` are recipients who may get their mail."""
    other = scenario.external("sacha", signed_in=False)
    sent = scenario.send(sender, [other.address, *more])
    mails_wait(scenario, sent, "link")
    return sent, [other.address]


def withdrawn(scenario: Scenario, sender: ApiUser) -> Ending:
    sent, people = from_outside(scenario, sender, scenario.agent("claude"))
    return Ending(sent, people, lambda: sender.api.withdraw(sent.transfer))


def refused(scenario: Scenario, sender: ApiUser, agent: ApiUser) -> Ending:
    sent, people = from_outside(scenario, sender, agent)
    digest = agent.api.decision(sent.transfer).snapshot.digest
    return Ending(sent, people, lambda: agent.api.refuse_transfer(sent.transfer, digest, "Non."))


def lapsed(scenario: Scenario, sender: ApiUser) -> Ending:
    """Nobody has decided in time."""
    sent, people = from_outside(scenario, sender, scenario.agent("claude"))
    change = {"$set": {"decide_by": datetime.now(UTC) - PAST}, "$inc": WRITE}
    propagations = scenario.database("propagation")["propagations"]
    return Ending(sent, people, lambda: propagations.update_one({"_id": sent.transfer}, change))


def expired(scenario: Scenario, sender: ApiUser) -> Ending:
    """Its last day is over."""
    sent, people = from_inside(scenario, sender)
    change = {"$set": {"ends_at": datetime.now(UTC) - PAST}, "$inc": WRITE}

    def end() -> None:
        scenario.database("download")["links"].update_many({"transfer": sent.transfer}, change)
        scenario.database("download")["deliveries"].update_one({"_id": sent.transfer}, change)
        scenario.database("upload")["transfers"].update_one({"_id": sent.transfer}, change)

    return Ending(sent, people, end)


def revoked(scenario: Scenario, sender: ApiUser, lasting: ApiUser) -> Ending:
    """One of its two recipients loses access."""
    sent, people = from_inside(scenario, sender, lasting.address)
    return Ending(sent, people, lambda: sender.api.revoke(sent.transfer, people[0]))


def quarantined(scenario: Scenario, sender: ApiUser, monkeypatch: pytest.MonkeyPatch) -> Ending:
    """What is stored is not what was declared, which ends it by itself."""
    agent, say = scenario.agent("dominique"), sender.api.complete_file
    with monkeypatch.context() as patched:
        patched.setattr(sender.api, "complete_file", lambda draft, file, _sha256: say(draft, file, LIE))
        sent = scenario.send(sender, [agent.address], {"menteur-5521.bin": random_content(15, 9_000_000)})
    return Ending(sent, [agent.address], lambda: None)


@contextmanager
def mail_server_down(scenario: Scenario) -> Iterator[None]:
    """No mail can be sent during the block."""
    scenario.kill("mailbox")
    try:
        yield
    finally:
        scenario.restart_killed("mailbox")


def stop_broker(scenario: Scenario) -> None:
    """Until `notify` has noticed that the broker does not answer; its connections stay open."""
    metrics = f"{scenario.stack.management_url('notify')}/metrics"
    scenario.stack.kill("rabbit", signal.SIGSTOP)
    until(lambda: "mails_held 1.0" in scenario.http.get(metrics).text, "mails are held")


def everything_left(scenario: Scenario, transfers: Iterable[str]) -> None:
    """Until no mail of these transfers waits any more."""
    query = {"transfer": {"$in": list(transfers)}, "next_at": {"$ne": None}}
    until(lambda: not scenario.database("notify")["mails"].find_one(query), "all mails have left or were cancelled")


def nobody_was_told(scenario: Scenario, told: dict[str, Ending]) -> None:
    """The recipients whose right has ended have no mail with a link."""
    for way, ending in told.items():
        found = [scenario.inbox.with_page(one, page) for one in ending.people for page in (OFFER, DECISION)]
        assert not any(found), way


@pytest.mark.parametrize("broker_stops", [False, True])
def test_when_the_mail_server_is_back_ended_transfers_send_no_mail(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch, broker_stops: bool
) -> None:
    outsider, agent = scenario.external("camille"), scenario.agent("dominique", signed_in=True)
    lasting, newcomer = scenario.external("lou", signed_in=False), scenario.external("charlie", signed_in=False)
    try:
        with mail_server_down(scenario):
            told = {
                "withdrawn": withdrawn(scenario, outsider),
                "refused": refused(scenario, outsider, agent),
                "lapsed": lapsed(scenario, outsider),
                "quarantined": quarantined(scenario, outsider, monkeypatch),
                "expired": expired(scenario, agent),
                "revoked": revoked(scenario, agent, lasting),
            }
            end_was_heard(scenario, told["quarantined"].sent, "quarantined")
            newcomer.request_link()
            until(lambda: scenario.database("notify")["mails"].find_one({"kind": "access", "state": "waiting"}))
            if broker_stops:
                stop_broker(scenario)
            for ending in told.values():
                ending.end()
            if not broker_stops:
                for way, ending in told.items():
                    end_was_heard(scenario, ending.sent, way)
        if broker_stops:
            assert newcomer.wait_for_mail(ACCESS), "a one-time link is not held"
            nobody_was_told(scenario, told)
    finally:
        scenario.stack.kill("rabbit", signal.SIGCONT)
    assert lasting.wait_for_mail(OFFER)
    everything_left(scenario, [ending.sent.transfer for ending in told.values()])
    nobody_was_told(scenario, told)
