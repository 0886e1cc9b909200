"""R55, R56, R30: the broker, the database or the mail server dies, comes back, and nothing acknowledged is lost."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.e2e.world import World, refused
from tests.eventually import until


@contextmanager
def dead(world: World, server: str) -> Iterator[None]:
    """A server is dead meanwhile, and back afterwards, whatever happened."""
    world.kill(server)
    try:
        yield
    finally:
        world.revive(server)


def test_what_is_sent_while_the_broker_is_dead_arrives_when_it_is_back(world: World) -> None:
    agent, other = world.agent("dominique", signed_in=True), world.outsider("sacha", signed_in=False)
    with dead(world, "rabbit"):
        world.send(agent, [other.address])
        assert world.has_no_link(other)
    assert other.wait_for_mail("download")


def test_what_is_sent_while_the_mail_server_is_dead_is_mailed_when_it_is_back(world: World) -> None:
    agent, other = world.agent("dominique", signed_in=True), world.outsider("sacha", signed_in=False)
    with dead(world, "mailbox"):
        sent = world.send(agent, [other.address])
        mails = world.database("notify")["mails"]
        until(lambda: mails.find_one({"transfer": sent.transfer, "delayed": True}), "mails are known to wait")
    assert other.wait_for_mail("download")


def test_while_the_database_is_dead_the_answer_is_come_back_later_and_then_it_goes_on(world: World) -> None:
    agent, other = world.agent("dominique", signed_in=True), world.outsider("sacha", signed_in=False)
    files = {"f.txt": b"encore"}
    draft = world.draft(agent, [other.address])
    world.put(agent, draft, files)
    with dead(world, "mongo"):
        problem = refused(lambda: world.impatient(agent.api.wire.token).submit(draft))
        assert (problem.status, problem.slug) == (503, "unavailable")
        assert problem.retry_after_seconds
    world.submit(agent, draft, files)
    assert other.wait_for_mail("download")
