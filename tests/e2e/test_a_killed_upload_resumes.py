"""R11: after any crash during an upload, parts that arrived are not sent again, and the file is complete."""

import json
import random
import subprocess
import sys

from client.download import Downloader
from client.progress import ProgressSum
from client.sources import SourceFile
from client.upload import Uploader
from tests.e2e.pausing_proxy import PausePoint, PausingProxy
from tests.e2e.scenario import Scenario
from tests.eventually import until

PARALLEL = 3
PART_BYTES = 8 * 2**20
SIZE_BYTES = 80_000_000
HELD_AFTER_PARTS = (0.5, 1.5, 2.5, 0.5, 1.5, 2.5)  # less than the whole in all, so that each attempt is held


def parts_begun(scenario: Scenario) -> int:
    """How many parts the gateway was sent since its log began, whatever became of them."""
    lines = scenario.stack.workspace.log("gateway").read_text(errors="replace").splitlines()
    return sum('"route":"/parts/' in line for line in lines)


def killed_in_mid_upload(scenario: Scenario, token: str, draft: str, source: SourceFile, after_bytes: int) -> None:
    """Run the client in a process of its own, and ends it when it has sent so many bytes and can send no more."""
    told = {"base_url": scenario.stack.gateway_url, "token": token, "draft": draft, "parallel": PARALLEL}
    command = [sys.executable, "-m", "tests.e2e.upload_process"]
    with (
        PausingProxy() as proxy,
        proxy.program(command, stdin=subprocess.PIPE) as client,
    ):
        proxy.pause_after(PausePoint("up", after_bytes))
        assert client.stdin is not None
        json.dump({**told, "path": str(source.path), "name": source.name}, client.stdin)
        client.stdin.close()
        until(proxy.is_paused, "the upload is held")


def test_a_client_that_is_killed_repeatedly_sends_only_what_was_in_flight(scenario: Scenario) -> None:
    sender, agent = scenario.external("camille"), scenario.agent("dominique")
    content = random.Random(11).randbytes(SIZE_BYTES)
    source = scenario.source("grand.bin", content)
    draft = scenario.draft(sender, [agent.address])
    token = str(sender.api.transport.token)
    before = parts_begun(scenario)
    for parts in HELD_AFTER_PARTS:
        killed_in_mid_upload(scenario, token, draft, source, int(parts * PART_BYTES))
    Uploader(sender.api, parallel=PARALLEL).send(draft, source)
    whole = -(-SIZE_BYTES // PART_BYTES)
    until(lambda: parts_begun(scenario) - before >= whole, "the gateway has written its log")
    assert parts_begun(scenario) - before <= whole + len(HELD_AFTER_PARTS) * PARALLEL
    transfer = scenario.submit(sender, draft, {"grand.bin": content})
    link = scenario.link(agent)
    target = Downloader(agent.api, link).fetch(agent.api.offer(link).file("grand.bin"), scenario.folder / "grand.bin")
    assert target.read_bytes() == content
    assert transfer.recap.total_bytes == SIZE_BYTES


def test_an_upload_resumes_when_the_upload_service_the_gateway_and_the_store_are_killed(
    scenario: Scenario,
) -> None:
    sender, agent = scenario.external("camille"), scenario.agent("dominique")
    content = random.Random(12).randbytes(5 * PART_BYTES)
    source = scenario.source("grand.bin", content)
    draft = scenario.draft(sender, [agent.address])
    victims = ["s3", "upload", "gateway"]
    arrived_bytes = 0

    def kill_something(more: int) -> None:
        nonlocal arrived_bytes
        arrived_bytes += more
        if victims and arrived_bytes > (3 - len(victims)) * PART_BYTES:
            victim = victims.pop()
            scenario.kill(victim)
            scenario.restart_killed(victim)

    Uploader(sender.api, parallel=PARALLEL, listener=ProgressSum(kill_something)).send(draft, source)
    assert victims == []
    scenario.submit(sender, draft, {"grand.bin": content})
    link = scenario.link(agent)
    target = Downloader(agent.api, link).fetch(agent.api.offer(link).file("grand.bin"), scenario.folder / "grand2.bin")
    assert target.read_bytes() == content
