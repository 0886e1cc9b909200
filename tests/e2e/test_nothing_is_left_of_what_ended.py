"""Refused, lapsed, withdrawn, expired: no object in the bucket, no live link, and the sender is told."""

from datetime import UTC, datetime, timedelta

import pytest

from devstack.people import DECISION, ApiUser
from tests.e2e.world import WRITE, Sent, World, refused
from tests.eventually import until

PAST = timedelta(minutes=1)


def waiting(world: World) -> tuple[Sent, ApiUser, ApiUser]:
    """A transfer from outside to outside, which an agent has and nobody has decided."""
    sender, other, agent = world.outsider("camille"), world.outsider("sacha", signed_in=False), world.agent("dominique")
    sent = world.send(sender, [agent.address, other.address])
    world.link(agent)
    agent.wait_for_mail(DECISION)
    return sent, agent, other


def is_over(world: World, sent: Sent, outcome: str, slug: str, *people: ApiUser) -> None:
    """The bytes are gone, each of these people's links says why, and the sender reads the outcome."""
    keys = world.keys(sent.transfer)
    until(lambda: not keys & world.objects(), "the objects are gone")
    for person in people:
        token = world.link(person)
        problem = until(lambda: refused(lambda: person.api.offer(token)), "the link is dead")  # noqa: B023
        assert (problem.status, problem.slug) == (410, slug)
    until(lambda: sent.sender.api.sent_transfer(sent.transfer)["outcome"] == outcome, f"the outcome is {outcome}")


def letters_about(world: World, sent: Sent, word: str) -> bool:
    return any(word in letter.subject.lower() for letter in world.letters.to(sent.sender.address))


def test_a_refused_transfer(world: World) -> None:
    sent, agent, other = waiting(world)
    token = agent.wait_for_mail(DECISION).token(DECISION)
    digest = agent.api.to_decide(token)["shown"]["digest"]
    agent.api.refuse(token, digest, "Ce n'est pas pour eux.")
    is_over(world, sent, "refused", "transfer-refused", agent)
    assert world.has_no_link(other)
    until(lambda: letters_about(world, sent, "refusé"), "the sender is told")
    assert any("Ce n'est pas pour eux." in letter.text for letter in world.letters.to(sent.sender.address))


def test_a_transfer_that_nobody_decided_in_time(world: World) -> None:
    sent, agent, other = waiting(world)
    past = datetime.now(UTC) - PAST
    change = {"$set": {"decide_by": past}, "$inc": WRITE}
    world.database("propagation")["propagations"].update_one({"_id": sent.transfer}, change)
    is_over(world, sent, "lapsed", "transfer-lapsed", agent)
    assert world.has_no_link(other)
    until(lambda: letters_about(world, sent, "sans validation"), "the sender is told")


@pytest.mark.parametrize("approved", [False, True])
def test_a_withdrawn_transfer(world: World, approved: bool) -> None:
    sent, agent, other = waiting(world)
    people = [agent]
    token = agent.wait_for_mail(DECISION).token(DECISION)
    digest = agent.api.to_decide(token)["shown"]["digest"]
    if approved:
        agent.api.approve(token, digest)
        world.link(other)
        people.append(other)
    sent.sender.api.withdraw(sent.transfer)
    sent.sender.api.withdraw(sent.transfer)
    is_over(world, sent, "withdrawn", "transfer-withdrawn", *people)
    if not approved:
        problem = until(lambda: refused(lambda: agent.api.approve(token, digest)), "nothing to decide")
        assert (problem.status, problem.slug) == (410, "transfer-already-withdrawn")
        assert world.has_no_link(other)


def test_an_expired_transfer(world: World) -> None:
    agent, other = world.agent("dominique", signed_in=True), world.outsider("sacha", signed_in=False)
    sent = world.send(agent, [other.address])
    world.link(other)
    past = datetime.now(UTC) - PAST
    download = world.database("download")
    change = {"$set": {"ends_at": past}, "$inc": WRITE}
    download["links"].update_many({"transfer": sent.transfer}, change)
    download["deliveries"].update_one({"_id": sent.transfer}, change)
    world.database("upload")["transfers"].update_one({"_id": sent.transfer}, change)
    is_over(world, sent, "expired", "link-expired", other)
    until(lambda: letters_about(world, sent, "terminé"), "the sender is told")


def test_a_draft_that_was_thrown_away(world: World) -> None:
    sender = world.outsider("camille")
    draft = world.draft(sender, ["x@ville.example"])
    world.put(sender, draft, {"a.txt": b"a", "b.bin": b"b" * 9_000_000})
    keys = world.keys(draft)
    assert keys <= world.objects()
    sender.api.drop_draft(draft)
    until(lambda: not keys & world.objects(), "the objects are gone")
    assert refused(lambda: sender.api.draft(draft)).status == 404
