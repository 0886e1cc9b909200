"""A lost mail is sent again with the same link, at a limited rate."""

from devstack.people import OFFER
from tests.e2e.downloads import new, offered
from tests.e2e.scenario import Scenario, refused


def test_the_same_link_is_sent_again_in_a_new_mail(scenario: Scenario) -> None:
    mine, other = offered(scenario, b"une fois encore", readers=2)
    sender, wish = mine.sent.sender.api, new()
    for _ in range(3):
        sender.resend(mine.sent.transfer, wish, mine.address)
    again = scenario.inbox.wait(mine.address, OFFER, seen=1)
    assert again.token(OFFER) == mine.link
    first = scenario.inbox.with_page(mine.address, OFFER)[0]
    assert again.message["Message-ID"] != first.message["Message-ID"]
    problem = refused(
        lambda: scenario.api_without_retries(sender.transport.token).resend(mine.sent.transfer, new(), mine.address)
    )
    assert (problem.status, problem.slug) == (429, "resent-lately")
    mine.fetch()
    assert len(scenario.inbox.with_page(mine.address, OFFER)) == 2
    assert len(scenario.inbox.with_page(other.address, OFFER)) == 1


def test_a_recipient_who_waits_for_an_approval_has_no_link_to_send_again(scenario: Scenario) -> None:
    sender, agent, other = (
        scenario.external("camille"),
        scenario.agent("dominique"),
        scenario.external("sacha", signed_in=False),
    )
    sent = scenario.send(sender, [agent.address, other.address])
    scenario.link(agent)
    problem = refused(lambda: sender.api.resend(sent.transfer, new(), other.address))
    assert (problem.status, problem.slug) == (409, "recipient-has-no-link")
    assert scenario.has_no_link(other)
