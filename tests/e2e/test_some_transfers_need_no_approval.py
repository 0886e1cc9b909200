"""Transfers from agents, and transfers to agents only, reach everybody at once."""

from client.download import Downloader
from devstack.people import DECISION
from tests.e2e.scenario import Scenario


def test_an_agent_sends_to_anybody_directly(scenario: Scenario) -> None:
    agent, other = scenario.agent("dominique", signed_in=True), scenario.external("sacha", signed_in=False)
    files = {"note.txt": b"de la part du minist\xc3\xa8re"}
    sent = scenario.send(agent, [other.address], files)
    assert sent.recap.needs_approval is False
    link = scenario.link(other)
    offered = other.api.offer(link).file("note.txt")
    assert Downloader(other.api, link).fetch(offered, scenario.folder / sent.transfer).read_bytes() == files["note.txt"]


def test_an_external_sender_reaches_agents_without_approval(scenario: Scenario) -> None:
    sender, agent = scenario.external("camille"), scenario.agent("dominique")
    sent = scenario.send(sender, [agent.address])
    assert sent.recap.needs_approval is False
    scenario.link(agent)
    assert not scenario.inbox.with_page(agent.address, DECISION)


def test_an_address_that_resembles_an_agents_is_external(scenario: Scenario) -> None:
    sender = scenario.external("camille")
    for trick in ("a@ministere.example.evil.example", "a@evilministere.example"):
        draft = scenario.draft(sender, [trick])
        scenario.put(sender, draft, {"a.txt": b"a"})
        assert any(problem.slug == "agent-needed" for problem in sender.api.draft(draft).problems), trick
