"""Propagation: an outsider reaches outsiders only when an agent among the recipients vouches for it."""

from client.download import Downloader
from devstack.people import DECISION
from tests.e2e.world import World, refused
from tests.eventually import until

FILES = {"Été/plan.txt": b"le plan", "vide.txt": b""}


def test_without_an_agent_among_the_recipients_the_send_is_refused_and_says_what_to_do(world: World) -> None:
    sender, other = world.outsider("camille"), world.outsider("sacha", signed_in=False)
    draft = world.draft(sender, [other.address])
    world.put(sender, draft, FILES)
    problem = refused(lambda: sender.api.submit(draft))
    assert (problem.status, problem.slug) == (422, "agent-needed")
    assert "agent" in problem.title
    sender.api.edit_draft(draft, to=[other.address, world.agent("dominique").address])
    assert world.submit(sender, draft, FILES).recap["needs_approval"] is True


def test_nobody_outside_has_anything_before_an_agent_approves_and_everything_after(world: World) -> None:
    sender, other, agent = world.outsider("camille"), world.outsider("sacha", signed_in=False), world.agent("dominique")
    sent = world.send(sender, [agent.address, other.address], FILES, subject="Plans d'été")
    assert sent.recap["approvers"] == [agent.address]
    world.link(agent)
    token = agent.wait_for_mail(DECISION).token(DECISION)
    assert not world.letters.to(other.address)
    links = world.database("download")["links"]
    assert links.count_documents({"transfer": sent.transfer}) == 1, "before the approval no token exists"

    card = agent.api.to_decide(token)
    assert card["may_decide"]
    assert card["shown"]["subject"] == "Plans d'été"
    assert {file["path"] for file in card["shown"]["files"]} == set(FILES)
    assert agent.api.approve(token, card["shown"]["digest"])["state"] == "approved"

    link = world.link(other)
    for file in other.api.offer(link).files:
        target = Downloader(other.api, link).fetch(file, world.folder / sent.transfer / file.path)
        assert target.read_bytes() == FILES[file.path]
    until(lambda: any("validé" in letter.subject.lower() for letter in world.letters.to(sender.address)), "told")


def test_what_was_shown_is_what_is_approved(world: World) -> None:
    sender, other, agent = world.outsider("camille"), world.outsider("sacha", signed_in=False), world.agent("dominique")
    world.send(sender, [agent.address, other.address])
    token = agent.wait_for_mail(DECISION).token(DECISION)
    problem = refused(lambda: agent.api.approve(token, "0" * 64))
    assert (problem.status, problem.slug) == (409, "shown-differs")
    assert world.has_no_link(other)


def test_the_first_decision_wins_and_the_second_agent_is_told_who_decided(world: World) -> None:
    sender, other = world.outsider("camille"), world.outsider("sacha", signed_in=False)
    first, second = world.agent("dominique"), world.agent("claude")
    world.send(sender, [first.address, second.address, other.address])
    tokens = {one.address: one.wait_for_mail(DECISION).token(DECISION) for one in (first, second)}
    digest = first.api.to_decide(tokens[first.address])["shown"]["digest"]
    first.api.approve(tokens[first.address], digest)
    problem = refused(lambda: second.api.refuse(tokens[second.address], digest, "trop tard"))
    assert (problem.status, problem.slug) == (409, "already-decided")
    assert problem.members["decided_by"] == first.address
    world.link(other)


def test_an_agent_with_a_session_sees_what_waits_and_may_decide_it(world: World) -> None:
    sender, other = world.outsider("camille"), world.outsider("sacha", signed_in=False)
    agent, stranger = world.agent("dominique", signed_in=True), world.agent("claude", signed_in=True)
    sent = world.send(sender, [agent.address, other.address])
    (waiting,) = until(agent.api.pending, "it waits for the agent")
    assert (waiting["transfer"], waiting["files"]) == (sent.transfer, 1)
    digest = agent.api.decision(sent.transfer)["shown"]["digest"]
    assert stranger.api.pending() == []
    assert refused(lambda: stranger.api.approve_transfer(sent.transfer, digest)).status == 404
    assert refused(lambda: sender.api.approve_transfer(sent.transfer, digest)).status == 403
    agent.api.approve_transfer(sent.transfer, digest)
    world.link(other)
