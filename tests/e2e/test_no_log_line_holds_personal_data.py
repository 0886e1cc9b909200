"""I8: no log line of all earlier tests holds a secret, an address or a file name. Runs last."""

from collections.abc import Iterator

from devstack.accounts import SERVICES
from tests.e2e import oracle
from tests.e2e.scenario import Scenario
from tests.eventually import until

SHORTEST = 8
NO_SECRETS = {"session_jwks", "fsid"}


def secrets_of(scenario: Scenario) -> Iterator[str]:
    """Everything that was mailed as a secret, everybody's address and name, every telling file name."""
    yield from scenario.canaries
    for mail in scenario.inbox.all():
        yield from mail.recipients
        if mail.key:
            yield mail.key
            yield mail.key.replace("-", "")
        for link in mail.all_links:
            if "/tracking/" not in link:
                yield link.rpartition("/")[2]
    for service in (*SERVICES, "s3", "mongo", "rabbit"):
        for name, secret in scenario.stack.secrets(service).items():
            if name not in NO_SECRETS:
                yield from (line for line in secret.splitlines() if not line.startswith("-----"))


def test_no_log_line_holds_a_secret_an_address_or_a_file_name(scenario: Scenario) -> None:
    agent = scenario.agent("dominique", signed_in=True)
    scenario.send(agent, [agent.address])
    scenario.link(agent)
    for part in (*SERVICES, "gateway", "topology", "mongo", "rabbit", "s3"):
        scenario.keep_log(part)
    canaries = {secret for secret in secrets_of(scenario) if len(secret) >= SHORTEST}
    assert len(canaries) > 20
    lines = [line for log in scenario.logs for line in log.splitlines()]
    assert len(lines) > 50
    told = "\n".join(lines)
    assert [canary for canary in canaries if canary in told] == []


def test_in_the_end_every_queue_is_empty(scenario: Scenario) -> None:
    until(lambda: oracle.unread_messages(scenario) == {}, "every queue is empty", 30)
