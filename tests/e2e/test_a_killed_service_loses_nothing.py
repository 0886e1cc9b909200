"""Each service is killed and started again during each step of the main job; the job goes on (R1, R25, R35)."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from client.download import Downloader
from devstack.accounts import SERVICES
from devstack.people import DECISION
from tests.e2e.world import World


@contextmanager
def dying(world: World, service: str) -> Iterator[None]:
    """The service dies at some moment of the step, and comes back."""
    failures: list[BaseException] = []

    def die() -> None:
        try:
            time.sleep(random.Random().uniform(0, 0.15))
            world.kill(service)
            world.revive(service)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=die)
    thread.start()
    try:
        yield
    finally:
        thread.join()
    assert failures == []


@pytest.mark.parametrize("service", SERVICES)
def test_the_whole_job_is_done_although_a_service_dies_in_each_step(world: World, service: str) -> None:
    sender, agent = world.outsider("camille", signed_in=False), world.agent("dominique")
    other = world.outsider("sacha", signed_in=False)
    files = {"petit.txt": b"petit", "grand.bin": random.Random(5).randbytes(20_000_000)}
    with dying(world, service):
        sender.sign_in()
    with dying(world, service):
        draft = world.draft(sender, [agent.address, other.address])
    with dying(world, service):
        world.put(sender, draft, files)
    with dying(world, service):
        sent = world.submit(sender, draft, files)
        token = agent.wait_for_mail(DECISION).token(DECISION)
    with dying(world, service):
        agent.api.approve(token, agent.api.to_decide(token)["shown"]["digest"])
        link = world.link(other)
    with dying(world, service):
        for file in other.api.offer(link).files:
            target = Downloader(other.api, link).fetch(file, world.folder / sent.transfer / file.path)
            assert target.read_bytes() == files[file.path]
    assert len(world.letters.with_page(agent.address, DECISION)) <= 2, "a second copy only if death fell in between"
