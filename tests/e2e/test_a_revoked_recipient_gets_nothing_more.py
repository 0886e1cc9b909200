"""One recipient's right is taken back: at once, for good, and whether they had a link already or not."""

from devstack.people import DECISION
from tests.contents import noise
from tests.e2e.fetching import MIB, ON_THE_WAY, offered, rest, slow, take
from tests.e2e.world import World, refused
from tests.eventually import until

PART = 8 * MIB


def content() -> bytes:
    return noise(52, ON_THE_WAY + 4 * PART)


def test_the_running_download_of_one_is_cut_and_that_of_another_is_not(world: World) -> None:
    mine, other = offered(world, content(), readers=2)
    sender = mine.sent.sender.api
    url, others = mine.begin(), other.begin()
    with slow(url) as pieces, slow(others) as theirs:
        found, had = take(pieces, MIB), take(theirs, MIB)
        sender.revoke(mine.sent.transfer, mine.address)
        found += rest(pieces)
        had += rest(theirs)
    assert len(found) <= MIB + ON_THE_WAY + PART
    assert had == content()
    for ask in (mine.begin, lambda: mine.offer, lambda: slow(url).__enter__()):
        problem = refused(ask)
        assert (problem.status, problem.slug) == (410, "link-revoked")
    until(lambda: other.done == 1, "the other has it")
    card = sender.tracking(mine.sent.transfer)
    assert card["not_downloaded"] == []
    assert {one["address"]: bool(one["revoked_at"]) for one in card["recipients"]} == {
        mine.address: True,
        other.address: False,
    }
    sender.revoke(mine.sent.transfer, mine.address)


def test_who_waits_and_is_revoked_has_no_link_after_the_approval(world: World) -> None:
    sender, agent = world.outsider("camille"), world.agent("dominique")
    one, other = world.outsider("sacha", signed_in=False), world.outsider("charlie", signed_in=False)
    sent = world.send(sender, [agent.address, one.address, other.address])
    token = agent.wait_for_mail(DECISION).token(DECISION)
    world.link(agent)
    before = agent.api.to_decide(token)["shown"]
    problem = refused(lambda: world.impatient(sender.api.wire.token).revoke(sent.transfer, agent.address))
    assert (problem.status, problem.slug) == (409, "last-approver-needed")
    sender.api.revoke(sent.transfer, one.address)

    def shown() -> str:
        card = agent.api.to_decide(token)["shown"]
        assert one.address not in {known["address"] for known in card["recipients"]}
        return str(card["digest"])

    digest = until(shown, "the agent reads who is left")
    assert refused(lambda: agent.api.approve(token, before["digest"])).slug == "shown-differs"
    agent.api.approve(token, digest)
    world.link(other)
    assert world.letters.to(one.address) == []
    links = world.database("download")["links"].find({"transfer": sent.transfer})
    assert {link["recipient"]["address"] for link in links} == {agent.address, other.address}


def test_only_the_sender_revokes(world: World) -> None:
    (mine,) = offered(world, b"x")
    stranger = world.agent("claude", signed_in=True)
    problem = refused(lambda: stranger.api.revoke(mine.sent.transfer, mine.address))
    assert (problem.status, problem.slug) == (404, "transfer-unknown")
    mine.fetch()
