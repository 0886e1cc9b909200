"""An agent's transfers, and those that go to agents only, reach everybody at once."""

from client.download import Downloader
from devstack.people import DECISION
from tests.e2e.world import World


def test_an_agent_sends_to_anybody_directly(world: World) -> None:
    agent, other = world.agent("dominique", signed_in=True), world.outsider("sacha", signed_in=False)
    files = {"note.txt": b"de la part du minist\xc3\xa8re"}
    sent = world.send(agent, [other.address], files)
    assert sent.recap["needs_approval"] is False
    link = world.link(other)
    offered = other.api.offer(link).file("note.txt")
    assert Downloader(other.api, link).fetch(offered, world.folder / sent.transfer).read_bytes() == files["note.txt"]


def test_an_outsider_reaches_agents_without_approval(world: World) -> None:
    sender, agent = world.outsider("camille"), world.agent("dominique")
    sent = world.send(sender, [agent.address])
    assert sent.recap["needs_approval"] is False
    world.link(agent)
    assert not world.letters.with_page(agent.address, DECISION)


def test_an_address_that_only_looks_like_an_agents_is_an_outsiders(world: World) -> None:
    sender = world.outsider("camille")
    for trick in ("a@ministere.example.evil.example", "a@evilministere.example"):
        draft = world.draft(sender, [trick])
        world.put(sender, draft, {"a.txt": b"a"})
        assert any(problem["slug"] == "agent-needed" for problem in sender.api.draft(draft)["problems"]), trick
