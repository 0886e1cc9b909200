"""A revoked recipient loses access at once and for good, with or without a link."""

from devstack.people import DECISION
from tests.contents import random_content
from tests.e2e.downloads import MIB, ON_THE_WAY, offered, rest, slow, take
from tests.e2e.scenario import Scenario, refused
from tests.eventually import until

PART = 8 * MIB


def content() -> bytes:
    return random_content(52, ON_THE_WAY + 4 * PART)


def test_the_running_download_of_the_revoked_recipient_stops_and_that_of_another_does_not(scenario: Scenario) -> None:
    mine, other = offered(scenario, content(), readers=2)
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
    assert card.not_downloaded == []
    assert {one.address: bool(one.revoked_at) for one in card.recipients} == {
        mine.address: True,
        other.address: False,
    }
    sender.revoke(mine.sent.transfer, mine.address)


def test_a_recipient_revoked_before_the_approval_gets_no_link_after_it(scenario: Scenario) -> None:
    sender, agent = scenario.external("camille"), scenario.agent("dominique")
    one, other = scenario.external("sacha", signed_in=False), scenario.external("charlie", signed_in=False)
    sent = scenario.send(sender, [agent.address, one.address, other.address])
    token = agent.wait_for_mail(DECISION).token(DECISION)
    scenario.link(agent)
    before = agent.api.approval_request(token).snapshot
    problem = refused(
        lambda: scenario.api_without_retries(sender.api.transport.token).revoke(sent.transfer, agent.address)
    )
    assert (problem.status, problem.slug) == (409, "last-approver-needed")
    sender.api.revoke(sent.transfer, one.address)

    def shown() -> str:
        card = agent.api.approval_request(token).snapshot
        assert one.address not in {known.address for known in card.recipients}
        return card.digest

    digest = until(shown, "the agent reads who is left")
    assert refused(lambda: agent.api.approve(token, before.digest)).slug == "approval-snapshot-stale"
    agent.api.approve(token, digest)
    scenario.link(other)
    assert scenario.inbox.to(one.address) == []
    links = scenario.database("download")["links"].find({"transfer": sent.transfer})
    assert {link["recipient"]["address"] for link in links} == {agent.address, other.address}


def test_only_the_sender_revokes(scenario: Scenario) -> None:
    (mine,) = offered(scenario, b"x")
    stranger = scenario.agent("claude", signed_in=True)
    problem = refused(lambda: stranger.api.revoke(mine.sent.transfer, mine.address))
    assert (problem.status, problem.slug) == (404, "transfer-unknown")
    mine.fetch()
