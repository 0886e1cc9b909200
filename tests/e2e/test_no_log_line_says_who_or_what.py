"""I8: no secret, address or file name in any log line of everything that was told before. Told last."""

from collections.abc import Iterator

from devstack.accounts import SERVICES
from tests.e2e import oracle
from tests.e2e.world import World
from tests.eventually import until

SHORTEST = 8
NO_SECRETS = {"session_jwks", "fsid"}


def secrets_of(world: World) -> Iterator[str]:
    """Everything that was mailed as a secret, everybody's address and name, every telling file name."""
    yield from world.canaries
    for letter in world.letters.all():
        yield from letter.recipients
        if letter.key:
            yield letter.key
            yield letter.key.replace("-", "")
        for link in letter.all_links:
            if "/tracking/" not in link:
                yield link.rpartition("/")[2]
    for service in (*SERVICES, "s3", "mongo", "rabbit"):
        for name, secret in world.stack.secrets(service).items():
            if name not in NO_SECRETS:
                yield from (line for line in secret.splitlines() if not line.startswith("-----"))


def test_no_log_line_holds_a_secret_an_address_or_a_file_name(world: World) -> None:
    agent = world.agent("dominique", signed_in=True)
    world.send(agent, [agent.address])
    world.link(agent)
    for part in (*SERVICES, "gateway", "topology", "mongo", "rabbit", "s3"):
        world.keep_log(part)
    canaries = {secret for secret in secrets_of(world) if len(secret) >= SHORTEST}
    assert len(canaries) > 20
    lines = [line for log in world.logs for line in log.splitlines()]
    assert len(lines) > 50
    told = "\n".join(lines)
    assert [canary for canary in canaries if canary in told] == []


def test_in_the_end_every_queue_is_empty(world: World) -> None:
    until(lambda: oracle.unread_messages(world) == {}, "every queue is empty", 30)
