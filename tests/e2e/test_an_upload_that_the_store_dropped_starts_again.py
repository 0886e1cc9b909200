"""The store aborts unfinished uploads: the same command sends the file again, and says so."""

import hashlib
import random
from pathlib import Path

import pytest

from devstack.people import OFFER
from tests.e2e.client_machine import ClientMachine, CommandResult
from tests.e2e.pausing_proxy import PausePoint, PausingProxy
from tests.e2e.scenario import Scenario, abort_uploads
from tests.eventually import TIMEOUT_SECONDS, until

MIB = 2**20
SIZE_BYTES = 25_000_000
AFTER_ONE_PART = PausePoint("up", 12 * MIB)


@pytest.mark.parametrize("overnight", [True, False], ids=["between two commands", "while the command runs"])
def test_the_upload_starts_again_and_completes(scenario: Scenario, tmp_path: Path, overnight: bool) -> None:
    machine = ClientMachine(scenario, tmp_path)
    content = random.Random(32).randbytes(SIZE_BYTES)
    (machine.files / "grand.bin").write_bytes(content)
    sender, agent = scenario.external("camille", signed_in=False), scenario.agent("dominique")
    assert machine.signed_in(sender).code == 0
    asked = ["send", "grand.bin", "--to", agent.address, "--subject", "Grand", "--json"]
    if overnight:
        machine.killed(*asked, after=AFTER_ONE_PART)
        abort_uploads(scenario.stack)
        ended = machine.run(*asked)
    else:
        with PausingProxy() as proxy, machine.begin(*asked, http_proxy=proxy.url) as command:
            proxy.pause_after(AFTER_ONE_PART)
            until(proxy.is_paused, "a part has arrived, and others are on the way")
            abort_uploads(scenario.stack)
            proxy.resume()
            output, errors = command.communicate(timeout=TIMEOUT_SECONDS)
            ended = CommandResult(command.returncode, output, errors)
    assert ended.code == 0, ended.errors
    assert ended.document["changed"] == [{"path": "grand.bin", "what": "lost"}]
    assert "sent again from the start" in ended.errors
    link = next(link for link in agent.wait_for_mail(OFFER).links if f"/{OFFER}/" in link)
    (file,) = agent.api.offer(link.rpartition("/")[2]).files
    assert file.sha256 == hashlib.sha256(content).hexdigest()
