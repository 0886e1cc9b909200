"""R55, R56, R30: the broker, the database or the mail server crashes and returns; nothing acknowledged is lost."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.e2e.scenario import Scenario, refused
from tests.eventually import until


@contextmanager
def dead(scenario: Scenario, server: str) -> Iterator[None]:
    """A server is dead meanwhile, and back afterwards, whatever happened."""
    scenario.kill(server)
    try:
        yield
    finally:
        scenario.restart_killed(server)


def test_a_transfer_sent_while_the_broker_is_down_arrives_when_it_is_back(scenario: Scenario) -> None:
    agent, other = scenario.agent("dominique", signed_in=True), scenario.external("sacha", signed_in=False)
    with dead(scenario, "rabbit"):
        scenario.send(agent, [other.address])
        assert scenario.has_no_link(other)
    assert other.wait_for_mail("download")


def test_a_transfer_sent_while_the_mail_server_is_down_is_mailed_when_it_is_back(scenario: Scenario) -> None:
    agent, other = scenario.agent("dominique", signed_in=True), scenario.external("sacha", signed_in=False)
    with dead(scenario, "mailbox"):
        sent = scenario.send(agent, [other.address])
        mails = scenario.database("notify")["mails"]
        until(lambda: mails.find_one({"transfer": sent.transfer, "delayed": True}), "mails are known to wait")
    assert other.wait_for_mail("download")


def test_while_the_database_is_down_requests_get_503_and_work_when_it_is_back(scenario: Scenario) -> None:
    agent, other = scenario.agent("dominique", signed_in=True), scenario.external("sacha", signed_in=False)
    files = {"f.txt": b"encore"}
    draft = scenario.draft(agent, [other.address])
    scenario.put(agent, draft, files)
    with dead(scenario, "mongo"):
        problem = refused(lambda: scenario.api_without_retries(agent.api.transport.token).submit(draft))
        assert (problem.status, problem.slug) == (503, "unavailable")
        assert problem.retry_after_seconds
    scenario.submit(agent, draft, files)
    assert other.wait_for_mail("download")
