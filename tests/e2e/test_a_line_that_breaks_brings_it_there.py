"""A line that drops every connection again and again brings everything there, if it carries one part in between."""

import hashlib
import random
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from devstack.people import OFFER
from tests.e2e.commands import Machine
from tests.e2e.fragile_line import FragileLine
from tests.e2e.world import World

MIB = 2**20
SIZE_BYTES = 25_000_000


@pytest.fixture
def machine(world: World, tmp_path: Path) -> Machine:
    machine = Machine(world, tmp_path)
    (machine.files / "grand.bin").write_bytes(random.Random(31).randbytes(SIZE_BYTES))
    return machine


@pytest.mark.parametrize("carried", [12 * MIB, 7 * MIB], ids=["one part of 8 MiB", "only smaller parts"])
def test_a_file_arrives_on_a_line_that_carries_one_part_between_two_breaks(machine: Machine, carried: int) -> None:
    world = machine.world
    sender, agent = world.outsider("camille", signed_in=False), world.agent("dominique")
    with FragileLine(urlsplit(world.stack.gateway_url).port or 80, carried) as line:
        machine.environment["MELANISSIMO_SERVER"] = line.url
        assert machine.signed_in(sender).code == 0
        ended = machine.run("send", "grand.bin", "--to", agent.address, "--subject", "Grand", "--json")
        assert line.breaks >= 1
    assert ended.code == 0, ended.errors
    assert ended.document["moved_bytes"] == SIZE_BYTES
    link = next(link for link in agent.wait_for_mail(OFFER).links if f"/{OFFER}/" in link)
    (file,) = agent.api.offer(link.rpartition("/")[2]).files
    assert file.sha256 == hashlib.sha256((machine.files / "grand.bin").read_bytes()).hexdigest()
