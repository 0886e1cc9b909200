"""An upload completes on a connection that drops again and again, if one part fits between two drops."""

import hashlib
import random
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from devstack.people import OFFER
from tests.e2e.client_machine import ClientMachine
from tests.e2e.dropping_proxy import DroppingProxy
from tests.e2e.scenario import Scenario

MIB = 2**20
SIZE_BYTES = 25_000_000


@pytest.fixture
def machine(scenario: Scenario, tmp_path: Path) -> ClientMachine:
    machine = ClientMachine(scenario, tmp_path)
    (machine.files / "grand.bin").write_bytes(random.Random(31).randbytes(SIZE_BYTES))
    return machine


@pytest.mark.parametrize("carried", [12 * MIB, 7 * MIB], ids=["one part of 8 MiB", "only smaller parts"])
def test_a_file_arrives_on_a_connection_that_carries_one_part_between_two_drops(
    machine: ClientMachine, carried: int
) -> None:
    scenario = machine.scenario
    sender, agent = scenario.external("camille", signed_in=False), scenario.agent("dominique")
    with DroppingProxy(urlsplit(scenario.stack.gateway_url).port or 80, carried) as proxy:
        machine.environment["MELANISSIMO_SERVER"] = proxy.url
        assert machine.signed_in(sender).code == 0
        ended = machine.run("send", "grand.bin", "--to", agent.address, "--subject", "Grand", "--json")
        assert proxy.drops >= 1
    assert ended.code == 0, ended.errors
    assert ended.document["sent_bytes"] == SIZE_BYTES
    link = next(link for link in agent.wait_for_mail(OFFER).links if f"/{OFFER}/" in link)
    (file,) = agent.api.offer(link.rpartition("/")[2]).files
    assert file.sha256 == hashlib.sha256((machine.files / "grand.bin").read_bytes()).hexdigest()
