"""Propagation: an external sender reaches external recipients only after an agent among the recipients approves."""

from client.download import Downloader
from devstack.people import DECISION
from tests.e2e.scenario import Scenario, refused
from tests.eventually import until

FILES = {"Été/plan.txt": b"le plan", "vide.txt": b""}


def test_without_an_agent_among_the_recipients_the_submission_is_refused_with_advice(scenario: Scenario) -> None:
    sender, other = scenario.external("camille"), scenario.external("sacha", signed_in=False)
    draft = scenario.draft(sender, [other.address])
    scenario.put(sender, draft, FILES)
    problem = refused(lambda: sender.api.submit(draft))
    assert (problem.status, problem.slug) == (422, "agent-needed")
    assert "agent" in problem.title
    sender.api.edit_draft(draft, to=[other.address, scenario.agent("dominique").address])
    assert scenario.submit(sender, draft, FILES).recap.needs_approval is True


def test_external_recipients_have_access_only_after_an_agent_approves(scenario: Scenario) -> None:
    sender, other, agent = (
        scenario.external("camille"),
        scenario.external("sacha", signed_in=False),
        scenario.agent("dominique"),
    )
    sent = scenario.send(sender, [agent.address, other.address], FILES, subject="Plans d'été")
    assert sent.recap.approvers == [agent.address]
    scenario.link(agent)
    token = agent.wait_for_mail(DECISION).token(DECISION)
    assert not scenario.inbox.to(other.address)
    links = scenario.database("download")["links"]
    assert links.count_documents({"transfer": sent.transfer}) == 1, "before the approval no token exists"

    card = agent.api.approval_request(token)
    assert card.may_decide
    assert card.snapshot.subject == "Plans d'été"
    assert {file.path for file in card.snapshot.files} == set(FILES)
    assert agent.api.approve(token, card.snapshot.digest).state == "approved"

    link = scenario.link(other)
    for file in other.api.offer(link).files:
        target = Downloader(other.api, link).fetch(file, scenario.folder / sent.transfer / file.path)
        assert target.read_bytes() == FILES[file.path]
    until(lambda: any("validé" in mail.subject.lower() for mail in scenario.inbox.to(sender.address)), "told")


def test_an_approval_applies_to_what_the_agent_was_shown(scenario: Scenario) -> None:
    sender, other, agent = (
        scenario.external("camille"),
        scenario.external("sacha", signed_in=False),
        scenario.agent("dominique"),
    )
    scenario.send(sender, [agent.address, other.address])
    token = agent.wait_for_mail(DECISION).token(DECISION)
    problem = refused(lambda: agent.api.approve(token, "0" * 64))
    assert (problem.status, problem.slug) == (409, "approval-snapshot-stale")
    assert scenario.has_no_link(other)


def test_the_first_decision_wins_and_the_second_agent_learns_who_decided(scenario: Scenario) -> None:
    sender, other = scenario.external("camille"), scenario.external("sacha", signed_in=False)
    first, second = scenario.agent("dominique"), scenario.agent("claude")
    scenario.send(sender, [first.address, second.address, other.address])
    tokens = {one.address: one.wait_for_mail(DECISION).token(DECISION) for one in (first, second)}
    digest = first.api.approval_request(tokens[first.address]).snapshot.digest
    first.api.approve(tokens[first.address], digest)
    problem = refused(lambda: second.api.refuse(tokens[second.address], digest, "trop tard"))
    assert (problem.status, problem.slug) == (409, "already-decided")
    assert problem.members["decided_by"] == first.address
    scenario.link(other)


def test_an_agent_with_a_session_sees_pending_transfers_and_can_decide(scenario: Scenario) -> None:
    sender, other = scenario.external("camille"), scenario.external("sacha", signed_in=False)
    agent, stranger = scenario.agent("dominique", signed_in=True), scenario.agent("claude", signed_in=True)
    sent = scenario.send(sender, [agent.address, other.address])
    (waiting,) = until(lambda: agent.api.pending().items, "it waits for the agent")
    assert (waiting.transfer, waiting.files) == (sent.transfer, 1)
    digest = agent.api.decision(sent.transfer).snapshot.digest
    assert stranger.api.pending().items == []
    assert refused(lambda: stranger.api.approve_transfer(sent.transfer, digest)).status == 404
    assert refused(lambda: sender.api.approve_transfer(sent.transfer, digest)).status == 403
    agent.api.approve_transfer(sent.transfer, digest)
    scenario.link(other)
