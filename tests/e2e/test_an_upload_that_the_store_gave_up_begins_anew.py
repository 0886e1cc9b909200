"""The store gives up unfinished uploads by itself: the same command sends the file again, and says so."""

import hashlib
import random
from pathlib import Path

import pytest

from devstack.people import OFFER
from tests.e2e.commands import Ended, Machine
from tests.e2e.line import Line, Stop
from tests.e2e.world import World, give_up_uploads
from tests.eventually import PATIENCE_SECONDS, until

MIB = 2**20
SIZE_BYTES = 25_000_000
AFTER_ONE_PART = Stop("up", 12 * MIB)


@pytest.mark.parametrize("overnight", [True, False], ids=["between two commands", "while the command runs"])
def test_a_file_begins_anew_and_arrives(world: World, tmp_path: Path, overnight: bool) -> None:
    machine = Machine(world, tmp_path)
    content = random.Random(32).randbytes(SIZE_BYTES)
    (machine.files / "grand.bin").write_bytes(content)
    sender, agent = world.outsider("camille", signed_in=False), world.agent("dominique")
    assert machine.signed_in(sender).code == 0
    asked = ["send", "grand.bin", "--to", agent.address, "--subject", "Grand", "--json"]
    if overnight:
        machine.killed(*asked, after=AFTER_ONE_PART)
        give_up_uploads(world.stack)
        ended = machine.run(*asked)
    else:
        with Line() as line, machine.begin(*asked, http_proxy=line.url) as command:
            line.hold_after(AFTER_ONE_PART)
            until(line.is_held, "a part has arrived, and others are on the way")
            give_up_uploads(world.stack)
            line.release()
            output, errors = command.communicate(timeout=PATIENCE_SECONDS)
            ended = Ended(command.returncode, output, errors)
    assert ended.code == 0, ended.errors
    assert ended.document["changed"] == [{"path": "grand.bin", "what": "lost"}]
    assert "restarted from the beginning" in ended.errors
    link = next(link for link in agent.letter(OFFER).links if f"/{OFFER}/" in link)
    (file,) = agent.api.offer(link.rpartition("/")[2]).files
    assert file.sha256 == hashlib.sha256(content).hexdigest()
