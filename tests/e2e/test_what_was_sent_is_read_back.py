"""R13: a transfer leaves at once; what its sender declared is looked at behind it, and a lie stops it."""

import pytest

from client.api import Api
from devstack.people import DECISION
from tests.contents import noise
from tests.e2e.world import World, refused
from tests.eventually import until

LIE = "d" * 64


def large() -> bytes:
    return noise(13, 9_000_000)


def words(api: Api, token: str) -> list[str]:
    """How sure each digest is, in the words of the recipient's page."""
    return [file["verification"] for file in api.offer(token).card["files"]]


def test_a_file_becomes_verified_for_its_sender_and_its_recipient(world: World) -> None:
    sender, agent = world.outsider("camille"), world.agent("dominique")
    sent = world.send(sender, [agent.address], {"grand.bin": large(), "petit.txt": b"petit"})
    token = world.link(agent)
    until(lambda: words(agent.api, token) == ["verified", "verified"], "the recipient reads that it is verified")
    tracked = sender.api.tracking(sent.transfer)["files"]
    assert [file["verification"] for file in tracked] == ["verified", "verified"]


def test_a_digest_that_is_a_lie_stops_the_transfer_and_its_sender_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender, agent, other = world.outsider("camille"), world.agent("dominique"), world.outsider("sacha", signed_in=False)
    say = sender.api.complete_file
    monkeypatch.setattr(sender.api, "complete_file", lambda draft, file, _sha256: say(draft, file, LIE))
    sent = world.send(sender, [agent.address, other.address], {"menteur-9413.bin": large()})
    assert sent.recap["needs_approval"]
    token, decision = world.link(agent), agent.wait_for_mail(DECISION).token(DECISION)
    problem = until(lambda: refused(lambda: agent.api.offer(token)), "the link is dead")
    assert (problem.status, problem.slug) == (410, "transfer-quarantined")
    until(lambda: sender.api.sent_transfer(sent.transfer)["outcome"] == "quarantined", "the sender's page says so")
    assert sender.api.tracking(sent.transfer)["state"] == "quarantined"
    until(lambda: [one for one in world.letters.to(sender.address) if "arrêté" in one.subject], "the sender is told")
    problem = until(lambda: refused(lambda: agent.api.approve(decision, "0" * 64)), "nothing can be decided")
    assert problem.slug == "transfer-already-quarantined"
    assert world.has_no_link(other)
    assert world.keys(sent.transfer) <= world.objects(), "the bytes are kept, for whoever finds out why"
