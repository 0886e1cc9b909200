"""R13: a transfer is sent at once; its files are verified afterwards, and a wrong digest stops it."""

import pytest

from client.api import Api
from devstack.people import DECISION
from tests.contents import random_content
from tests.e2e.scenario import Scenario, refused
from tests.eventually import until

LIE = "d" * 64


def large() -> bytes:
    return random_content(13, 9_000_000)


def words(api: Api, token: str) -> list[str]:
    """How sure each digest is, in the words of the recipient's page."""
    return [file.verification for file in api.offer(token).files]


def test_a_file_becomes_verified_for_its_sender_and_its_recipient(scenario: Scenario) -> None:
    sender, agent = scenario.external("camille"), scenario.agent("dominique")
    sent = scenario.send(sender, [agent.address], {"grand.bin": large(), "petit.txt": b"petit"})
    token = scenario.link(agent)
    until(lambda: words(agent.api, token) == ["verified", "verified"], "the recipient reads that it is verified")
    tracked = sender.api.tracking(sent.transfer).files
    assert [file.verification for file in tracked] == ["verified", "verified"]


def test_a_wrong_digest_stops_the_transfer_and_its_sender_is_told(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender, agent, other = (
        scenario.external("camille"),
        scenario.agent("dominique"),
        scenario.external("sacha", signed_in=False),
    )
    say = sender.api.complete_file
    monkeypatch.setattr(sender.api, "complete_file", lambda draft, file, _sha256: say(draft, file, LIE))
    sent = scenario.send(sender, [agent.address, other.address], {"menteur-9413.bin": large()})
    assert sent.recap.needs_approval
    token, decision = scenario.link(agent), agent.wait_for_mail(DECISION).token(DECISION)
    problem = until(lambda: refused(lambda: agent.api.offer(token)), "the link is dead")
    assert (problem.status, problem.slug) == (410, "transfer-in-quarantine")
    until(lambda: sender.api.sent_transfer(sent.transfer).outcome == "quarantined", "the sender's page says so")
    assert sender.api.tracking(sent.transfer).state == "quarantined"
    until(lambda: [one for one in scenario.inbox.to(sender.address) if "arrêté" in one.subject], "the sender is told")
    problem = until(lambda: refused(lambda: agent.api.approve(decision, "0" * 64)), "nothing can be decided")
    assert problem.slug == "transfer-already-quarantined"
    assert scenario.has_no_link(other)
    assert scenario.keys(sent.transfer) <= scenario.objects(), "the bytes are kept, for whoever finds out why"
