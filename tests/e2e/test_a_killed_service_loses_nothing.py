"""Each service is killed and restarted in each step that it takes part in; the transfer completes (R1, R25, R35)."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import pytest

from client.download import Downloader
from devstack.accounts import SERVICES
from devstack.people import DECISION
from tests.e2e.scenario import Scenario

STEPS = {
    "auth": {"sign in", "write"},
    "upload": {"write", "put", "submit"},
    "propagation": {"submit", "approve"},
    "notify": {"sign in", "submit", "approve"},
    "download": {"approve", "fetch"},
}
"""By service; `write` uses a session that auth has just begun."""


@contextmanager
def dying(scenario: Scenario, service: str) -> Iterator[None]:
    """The service dies at some moment of the step, and comes back."""
    failures: list[BaseException] = []

    def die() -> None:
        try:
            time.sleep(random.Random().uniform(0, 0.15))
            scenario.kill(service)
            scenario.restart_killed(service)
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
def test_a_transfer_completes_although_a_service_is_killed_in_each_step(scenario: Scenario, service: str) -> None:
    def during(step: str) -> AbstractContextManager[None]:
        return dying(scenario, service) if step in STEPS[service] else nullcontext()

    sender, agent = scenario.external("camille", signed_in=False), scenario.agent("dominique")
    other = scenario.external("sacha", signed_in=False)
    files = {"petit.txt": b"petit", "grand.bin": random.Random(5).randbytes(20_000_000)}
    with during("sign in"):
        sender.sign_in()
    with during("write"):
        draft = scenario.draft(sender, [agent.address, other.address])
    with during("put"):
        scenario.put(sender, draft, files)
    with during("submit"):
        sent = scenario.submit(sender, draft, files)
        token = agent.wait_for_mail(DECISION).token(DECISION)
    with during("approve"):
        agent.api.approve(token, agent.api.approval_request(token).snapshot.digest)
        link = scenario.link(other)
    with during("fetch"):
        for file in other.api.offer(link).files:
            target = Downloader(other.api, link).fetch(file, scenario.folder / sent.transfer / file.path)
            assert target.read_bytes() == files[file.path]
    assert len(scenario.inbox.with_page(agent.address, DECISION)) <= 2, "a second copy only if death fell in between"
