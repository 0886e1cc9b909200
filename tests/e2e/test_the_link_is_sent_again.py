"""A mail that got lost is sent once more: the same link, another letter, and not ten of them."""

from devstack.people import OFFER
from tests.e2e.fetching import new, offered
from tests.e2e.world import World, refused


def test_the_same_link_comes_again_in_a_letter_of_its_own(world: World) -> None:
    mine, other = offered(world, b"une fois encore", readers=2)
    sender, wish = mine.sent.sender.api, new()
    for _ in range(3):
        sender.resend(mine.sent.transfer, wish, mine.address)
    again = world.letters.wait(mine.address, OFFER, seen=1)
    assert again.token(OFFER) == mine.link
    first = world.letters.with_page(mine.address, OFFER)[0]
    assert again.message["Message-ID"] != first.message["Message-ID"]
    problem = refused(lambda: world.impatient(sender.transport.token).resend(mine.sent.transfer, new(), mine.address))
    assert (problem.status, problem.slug) == (429, "resent-lately")
    mine.fetch()
    assert len(world.letters.with_page(mine.address, OFFER)) == 2
    assert len(world.letters.with_page(other.address, OFFER)) == 1


def test_who_waits_has_nothing_that_could_be_sent_again(world: World) -> None:
    sender, agent, other = world.outsider("camille"), world.agent("dominique"), world.outsider("sacha", signed_in=False)
    sent = world.send(sender, [agent.address, other.address])
    world.link(agent)
    problem = refused(lambda: sender.api.resend(sent.transfer, new(), other.address))
    assert (problem.status, problem.slug) == (409, "recipient-has-no-link")
    assert world.has_no_link(other)
