"""R20: simultaneous approval, refusal and withdrawal have one outcome, on which every service agrees."""

import random
import threading
from collections.abc import Callable

import pytest

from client.errors import Problem
from devstack.people import DECISION
from tests.e2e.scenario import Scenario, refused
from tests.eventually import until


def at_once(*actions: Callable[[], object]) -> list[str]:
    """Run all of them at the same moment, in any order; return `done` or the slug of the refusal for each."""
    gate = threading.Barrier(len(actions))
    outcomes = [""] * len(actions)

    def do(number: int) -> None:
        gate.wait()
        try:
            actions[number]()
            outcomes[number] = "done"
        except Problem as problem:
            outcomes[number] = problem.slug

    threads = [threading.Thread(target=do, args=(number,)) for number in range(len(actions))]
    random.shuffle(threads)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.parametrize("round_", range(4))
def test_an_approval_a_refusal_and_a_withdrawal(scenario: Scenario, round_: int) -> None:
    sender, other = scenario.external("camille"), scenario.external("sacha", signed_in=False)
    first, second = scenario.agent("dominique"), scenario.agent("claude")
    sent = scenario.send(sender, [first.address, second.address, other.address])
    tokens = [agent.wait_for_mail(DECISION).token(DECISION) for agent in (first, second)]
    digest = first.api.approval_request(tokens[0]).snapshot.digest
    approved, refused_, withdrawn = at_once(
        lambda: first.api.approve(tokens[0], digest),
        lambda: second.api.refuse(tokens[1], digest, "Non."),
        lambda: sender.api.withdraw(sent.transfer),
    )
    assert [approved, refused_].count("done") <= 1, "two decisions cannot both have been taken"
    assert withdrawn == "done"
    until(lambda: sender.api.sent_transfer(sent.transfer).outcome in ("withdrawn", "refused"), "it is over")
    delivery = scenario.database("download")["deliveries"]
    until(
        lambda: (delivery.find_one({"_id": sent.transfer}) or {}).get("closing"), "the download service has handled it"
    )
    for agent in (first, second):
        token = scenario.link(agent)
        assert refused(lambda: agent.api.offer(token)).status == 410  # noqa: B023
    if approved != "done":
        assert scenario.has_no_link(other)


@pytest.mark.parametrize("round_", range(4))
def test_two_agents_who_approve_and_refuse(scenario: Scenario, round_: int) -> None:
    sender, other = scenario.external("camille"), scenario.external("sacha", signed_in=False)
    first, second = scenario.agent("dominique"), scenario.agent("claude")
    sent = scenario.send(sender, [first.address, second.address, other.address])
    tokens = [agent.wait_for_mail(DECISION).token(DECISION) for agent in (first, second)]
    digest = first.api.approval_request(tokens[0]).snapshot.digest
    outcomes = at_once(
        lambda: first.api.approve(tokens[0], digest), lambda: second.api.refuse(tokens[1], digest, "Non.")
    )
    assert sorted(outcomes) == ["already-decided", "done"]
    if outcomes[0] == "done":
        assert other.api.offer(scenario.link(other)).files[0].left == 3
        assert sender.api.sent_transfer(sent.transfer).outcome is None
    else:
        until(lambda: sender.api.sent_transfer(sent.transfer).outcome == "refused", "it is refused")
        assert scenario.has_no_link(other)
