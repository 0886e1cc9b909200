"""How a command fails: one exit code for each kind of reason, and one document."""

from pathlib import Path

import pytest

from devstack.people import OFFER
from tests.e2e.client_machine import ClientMachine, CommandResult
from tests.e2e.scenario import Scenario
from tests.eventually import until


@pytest.fixture
def machine(scenario: Scenario, tmp_path: Path) -> ClientMachine:
    return ClientMachine(scenario, tmp_path)


def reason(ended: CommandResult) -> tuple[int, str]:
    """The exit code, and the type of the problem; the document says the same code."""
    error = ended.document["error"]
    assert error["code"] == ended.code
    assert error["title"] in ended.errors
    return ended.code, error["type"].rpartition("/")[2]


def test_each_kind_of_error_has_its_own_exit_code(machine: ClientMachine) -> None:
    scenario = machine.scenario
    sender, other = scenario.external("camille", signed_in=False), scenario.external("sacha", signed_in=False)
    send = ["send", "a.txt", "--to", other.address, "--subject", "Seul", "--json"]
    (machine.files / "a.txt").write_bytes(b"a")
    assert reason(machine.run(*send))[0] == 4
    assert machine.signed_in(sender).code == 0
    assert reason(machine.run(*send)) == (3, "agent-needed")
    assert machine.run("status", "--all", "--json").document == {"transfers": [], "drafts": []}
    assert reason(machine.run("whoami", "--server", "http://127.0.0.1:9", "--json"))[0] == 4
    assert reason(machine.run("get", "http://127.0.0.1:9/download/abcdefghij", "--attempts", "2", "--json"))[0] == 5
    assert reason(machine.run("get", f"{scenario.stack.gateway_url}/download/abcdefghij", "--json")) == (
        3,
        "link-unknown",
    )
    assert reason(machine.run("send", "nowhere.txt", "--to", other.address, "--json"))[0] == 2
    (machine.files / "closed.txt").mkdir()
    agent = scenario.agent("dominique", signed_in=True)
    scenario.send(agent, [other.address], {"closed.txt": b"other"})
    link = next(link for link in other.wait_for_mail(OFFER).links if f"/{OFFER}/" in link)
    assert reason(machine.run("get", link, "--json"))[0] == 7


def test_the_fourth_download_is_refused_to_the_command_line_too(machine: ClientMachine) -> None:
    scenario = machine.scenario
    agent, other = scenario.agent("dominique", signed_in=True), scenario.external("sacha", signed_in=False)
    scenario.send(agent, [other.address], {"f.bin": b"trois fois"})
    link = next(link for link in other.wait_for_mail(OFFER).links if f"/{OFFER}/" in link)
    for time in (1, 2, 3):
        assert machine.run("get", link, "--into", str(time)).code == 0
    until(
        lambda: scenario.api_without_retries().offer(link.rpartition("/")[2]).files[0].left == 0, "the third is counted"
    )
    fourth = machine.run("get", link, "--into", "4", "--json")
    assert reason(fourth) == (3, "downloads-exhausted")
    assert fourth.document["files"][0]["outcome"] == "failed"
    assert list((machine.files / "4").iterdir()) == []


def test_another_host_name_of_the_service_is_answered_with_the_right_address(machine: ClientMachine) -> None:
    server = machine.scenario.stack.gateway_url
    other = server.replace("127.0.0.1", "localhost")
    ended = machine.run("get", f"{other}/download/abcdefghij", "--attempts", "1", "--json")
    assert reason(ended) == (5, "about:blank")
    assert f"--server {server}" in ended.errors
    assert reason(machine.run("get", f"{other}/download/abcdefghij", "--server", server, "--json")) == (
        3,
        "link-unknown",
    )
