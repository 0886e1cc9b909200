"""Refused, lapsed, withdrawn, expired: no object in the bucket, no working link, and the sender is told."""

from datetime import UTC, datetime, timedelta

import pytest

from devstack.people import DECISION, ApiUser
from tests.e2e.scenario import WRITE, Scenario, SentTransfer, refused
from tests.eventually import until

PAST = timedelta(minutes=1)


def waiting(scenario: Scenario) -> tuple[SentTransfer, ApiUser, ApiUser]:
    """A transfer from outside to outside, which an agent has and nobody has decided."""
    sender, other, agent = (
        scenario.external("camille"),
        scenario.external("sacha", signed_in=False),
        scenario.agent("dominique"),
    )
    sent = scenario.send(sender, [agent.address, other.address])
    scenario.link(agent)
    agent.wait_for_mail(DECISION)
    return sent, agent, other


def is_over(scenario: Scenario, sent: SentTransfer, outcome: str, slug: str, *people: ApiUser) -> None:
    """The bytes are gone, each of these people's links says why, and the sender reads the outcome."""
    keys = scenario.keys(sent.transfer)
    until(lambda: not keys & scenario.objects(), "the objects are gone")
    for person in people:
        token = scenario.link(person)
        problem = until(lambda: refused(lambda: person.api.offer(token)), "the link is dead")  # noqa: B023
        assert (problem.status, problem.slug) == (410, slug)
    until(lambda: sent.sender.api.sent_transfer(sent.transfer).outcome == outcome, f"the outcome is {outcome}")


def mails_about(scenario: Scenario, sent: SentTransfer, word: str) -> bool:
    return any(word in mail.subject.lower() for mail in scenario.inbox.to(sent.sender.address))


def test_a_refused_transfer(scenario: Scenario) -> None:
    sent, agent, other = waiting(scenario)
    token = agent.wait_for_mail(DECISION).token(DECISION)
    digest = agent.api.approval_request(token).snapshot.digest
    agent.api.refuse(token, digest, "Ce n'est pas pour eux.")
    is_over(scenario, sent, "refused", "transfer-not-approved", agent)
    assert scenario.has_no_link(other)
    until(lambda: mails_about(scenario, sent, "refusé"), "the sender is told")
    assert any("Ce n'est pas pour eux." in mail.text for mail in scenario.inbox.to(sent.sender.address))


def test_a_transfer_that_nobody_decided_in_time(scenario: Scenario) -> None:
    sent, agent, other = waiting(scenario)
    past = datetime.now(UTC) - PAST
    change = {"$set": {"decide_by": past}, "$inc": WRITE}
    scenario.database("propagation")["propagations"].update_one({"_id": sent.transfer}, change)
    is_over(scenario, sent, "lapsed", "transfer-lapsed", agent)
    assert scenario.has_no_link(other)
    until(lambda: mails_about(scenario, sent, "faute de validation"), "the sender is told")


@pytest.mark.parametrize("approved", [False, True])
def test_a_withdrawn_transfer(scenario: Scenario, approved: bool) -> None:
    sent, agent, other = waiting(scenario)
    people = [agent]
    token = agent.wait_for_mail(DECISION).token(DECISION)
    digest = agent.api.approval_request(token).snapshot.digest
    if approved:
        agent.api.approve(token, digest)
        scenario.link(other)
        people.append(other)
    sent.sender.api.withdraw(sent.transfer)
    sent.sender.api.withdraw(sent.transfer)
    is_over(scenario, sent, "withdrawn", "transfer-deleted", *people)
    if not approved:
        problem = until(lambda: refused(lambda: agent.api.approve(token, digest)), "nothing to decide")
        assert (problem.status, problem.slug) == (410, "transfer-already-withdrawn")
        assert scenario.has_no_link(other)


def test_an_expired_transfer(scenario: Scenario) -> None:
    agent, other = scenario.agent("dominique", signed_in=True), scenario.external("sacha", signed_in=False)
    sent = scenario.send(agent, [other.address])
    scenario.link(other)
    past = datetime.now(UTC) - PAST
    download = scenario.database("download")
    change = {"$set": {"ends_at": past}, "$inc": WRITE}
    download["links"].update_many({"transfer": sent.transfer}, change)
    download["deliveries"].update_one({"_id": sent.transfer}, change)
    scenario.database("upload")["transfers"].update_one({"_id": sent.transfer}, change)
    is_over(scenario, sent, "expired", "link-expired", other)
    until(lambda: mails_about(scenario, sent, "terminé"), "the sender is told")


def test_a_deleted_draft(scenario: Scenario) -> None:
    sender = scenario.external("camille")
    draft = scenario.draft(sender, ["x@ville.example"])
    scenario.put(sender, draft, {"a.txt": b"a", "b.bin": b"b" * 9_000_000})
    keys = scenario.keys(draft)
    assert keys <= scenario.objects()
    sender.api.delete_draft(draft)
    until(lambda: not keys & scenario.objects(), "the objects are gone")
    assert refused(lambda: sender.api.draft(draft)).status == 404
