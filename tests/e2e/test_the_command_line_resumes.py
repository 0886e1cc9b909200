"""The command line, killed in the middle: the same command resumes, and nothing is counted twice."""

import hashlib
import random
import re
import signal
from pathlib import Path

import pytest

from devstack.people import OFFER, ApiUser
from tests.e2e.client_machine import ClientMachine
from tests.e2e.downloads import MIB, ON_THE_WAY
from tests.e2e.pausing_proxy import PausePoint
from tests.e2e.scenario import Scenario
from tests.e2e.test_a_killed_upload_resumes import PART_BYTES, parts_begun
from tests.eventually import TIMEOUT_SECONDS, until

PARALLEL = 2
UPLOADED = PausePoint("up", 2 * PART_BYTES + PART_BYTES // 2)  # one part at least has arrived, and two are on the way
DOWNLOADED = PausePoint("down", 8 * MIB)
SIZE_BYTES = max(5 * PART_BYTES, 2 * DOWNLOADED.size_bytes + ON_THE_WAY + MIB)
PARTS = -(-SIZE_BYTES // PART_BYTES)


@pytest.fixture(scope="module")
def machine(scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> ClientMachine:
    machine = ClientMachine(scenario, tmp_path_factory.mktemp("machine"))
    (machine.files / "grand.bin").write_bytes(random.Random(21).randbytes(SIZE_BYTES))
    return machine


@pytest.fixture(scope="module")
def link(machine: ClientMachine) -> str:
    """The link to the large file, whose upload was killed on the way."""
    scenario = machine.scenario
    sender, agent = scenario.external("camille", signed_in=False), scenario.agent("dominique")
    assert machine.signed_in(sender).code == 0
    asked = ["send", "grand.bin", "--to", agent.address, "--subject", "Grand", "--parallel", str(PARALLEL), "--json"]
    before = parts_begun(scenario)
    with machine.paused(*asked, after=UPLOADED) as command:
        command.send_signal(signal.SIGINT)
        _, errors = command.communicate(timeout=TIMEOUT_SECONDS)
        assert command.returncode == 130
        assert "melanissimo send grand.bin" in errors
    machine.killed(*asked, after=UPLOADED)

    (machine.files / "small.txt").write_bytes(b"not part of it")
    ended = machine.run(*asked)
    assert ended.code == 0, ended.errors
    recap = ended.document
    assert recap["resumed"] is True
    assert recap["resumed_bytes"] + recap["sent_bytes"] == SIZE_BYTES
    assert recap["resumed_bytes"] >= 2 * PART_BYTES
    until(lambda: parts_begun(scenario) - before >= PARTS, "the gateway has written its log")
    assert parts_begun(scenario) - before <= PARTS + 2 * PARALLEL
    return link_of(agent)


def link_of(person: ApiUser) -> str:
    return next(link for link in person.wait_for_mail(OFFER).links if f"/{OFFER}/" in link)


def left(machine: ClientMachine, link: str) -> int:
    return machine.scenario.api_without_retries().offer(link.rpartition("/")[2]).files[0].left


def arrived_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.part"))


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@pytest.mark.parametrize("signals", [[signal.SIGKILL, signal.SIGKILL], [signal.SIGINT]])
def test_a_killed_download_resumes_and_counts_once(
    machine: ClientMachine, link: str, signals: list[signal.Signals], tmp_path: Path
) -> None:
    asked = ["get", link, "--into", str(tmp_path), "--json"]
    before = left(machine, link)
    for end in signals:
        cut_off(machine, asked, tmp_path, end)
    ended = machine.run(*asked)
    assert ended.code == 0, ended.errors
    assert sha256_of(tmp_path / "grand.bin") == sha256_of(machine.files / "grand.bin")
    assert [path.name for path in tmp_path.iterdir()] == ["grand.bin"]
    until(lambda: left(machine, link) == before - 1, "one was spent")


def cut_off(machine: ClientMachine, asked: list[str], folder: Path, end: signal.Signals) -> None:
    """Some megabytes further the process is told to stop, or is killed."""
    there = arrived_bytes(folder)
    with machine.paused(*asked, after=DOWNLOADED) as command:
        until(lambda: arrived_bytes(folder) > there + DOWNLOADED.size_bytes - MIB, "what came is on the disk")
        command.send_signal(end)
        _, errors = command.communicate(timeout=TIMEOUT_SECONDS)
    assert command.returncode == (130 if end == signal.SIGINT else -end)
    assert ("run the same command again" in errors) == (end == signal.SIGINT)


def test_a_killed_archive_resumes_and_counts_once(machine: ClientMachine, link: str, tmp_path: Path) -> None:
    asked = ["get", link, "--archive", "--into", str(tmp_path), "--json"]
    before = left(machine, link)
    cut_off(machine, asked, tmp_path, signal.SIGKILL)
    ended = machine.run(*asked)
    assert ended.code == 0, ended.errors
    (saved,) = tmp_path.iterdir()
    assert re.fullmatch(r"Grand \d{4}-\d\d-\d\d\.zip", saved.name)
    until(lambda: left(machine, link) == before - 1, "one was spent")


def test_a_file_that_changed_between_two_attempts_is_sent_as_it_is_now(machine: ClientMachine) -> None:
    scenario = machine.scenario
    sender, agent = scenario.external("camille", signed_in=False), scenario.agent("dominique")
    assert machine.signed_in(sender).code == 0
    path = machine.files / "vivant.bin"
    path.write_bytes(random.Random(22).randbytes(5 * PART_BYTES))
    asked = ["send", "vivant.bin", "--to", agent.address, "--subject", "Vivant", "--json"]
    machine.killed(*asked, after=UPLOADED)
    content = b"y" * 10_000_000
    path.write_bytes(content)
    ended = machine.run(*asked)
    assert ended.code == 0, ended.errors
    assert ended.document["changed"] == [{"path": "vivant.bin", "what": "size"}]
    assert "changed size" in ended.errors
    file = agent.api.offer(link_of(agent).rpartition("/")[2]).files[0]
    assert file.sha256 == hashlib.sha256(content).hexdigest()
