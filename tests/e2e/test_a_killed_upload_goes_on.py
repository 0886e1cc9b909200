"""R11: whatever dies during an upload, what had arrived is not sent again, and the file is the file."""

import json
import random
import subprocess
import sys

from client.download import Downloader
from client.sources import Source
from client.upload import Uploader
from client.watching import Counting
from tests.e2e.line import Line, Stop
from tests.e2e.world import World
from tests.eventually import until

PARALLEL = 3
PART_BYTES = 8 * 2**20
SIZE_BYTES = 80_000_000
HELD_AFTER_PARTS = (0.5, 1.5, 2.5, 0.5, 1.5, 2.5)  # less than the whole in all, so that each attempt is held


def parts_begun(world: World) -> int:
    """How many parts the gateway was sent since its log began, whatever became of them."""
    lines = world.stack.workspace.log("gateway").read_text(errors="replace").splitlines()
    return sum('"route":"/parts/' in line for line in lines)


def killed_in_mid_upload(world: World, token: str, draft: str, source: Source, after_bytes: int) -> None:
    """Run the client in a process of its own, and ends it when it has sent so many bytes and can send no more."""
    told = {"base_url": world.stack.gateway_url, "token": token, "draft": draft, "parallel": PARALLEL}
    command = [sys.executable, "-m", "tests.e2e.uploading"]
    with (
        Line() as line,
        line.program(command, stdin=subprocess.PIPE) as client,
    ):
        line.hold_after(Stop("up", after_bytes))
        assert client.stdin is not None
        json.dump({**told, "path": str(source.path), "name": source.name}, client.stdin)
        client.stdin.close()
        until(line.is_held, "the upload is held")


def test_a_client_that_is_killed_again_and_again_sends_only_what_was_in_flight(world: World) -> None:
    sender, agent = world.outsider("camille"), world.agent("dominique")
    content = random.Random(11).randbytes(SIZE_BYTES)
    source = world.source("grand.bin", content)
    draft = world.draft(sender, [agent.address])
    token = str(sender.api.wire.token)
    before = parts_begun(world)
    for parts in HELD_AFTER_PARTS:
        killed_in_mid_upload(world, token, draft, source, int(parts * PART_BYTES))
    Uploader(sender.api, parallel=PARALLEL).send(draft, source)
    whole = -(-SIZE_BYTES // PART_BYTES)
    until(lambda: parts_begun(world) - before >= whole, "the gateway has written its log")
    assert parts_begun(world) - before <= whole + len(HELD_AFTER_PARTS) * PARALLEL
    transfer = world.submit(sender, draft, {"grand.bin": content})
    link = world.link(agent)
    target = Downloader(agent.api, link).fetch(agent.api.offer(link).file("grand.bin"), world.folder / "grand.bin")
    assert target.read_bytes() == content
    assert transfer.recap["total_bytes"] == SIZE_BYTES


def test_an_upload_goes_on_when_the_upload_service_the_gateway_and_the_store_are_killed_under_it(world: World) -> None:
    sender, agent = world.outsider("camille"), world.agent("dominique")
    content = random.Random(12).randbytes(5 * PART_BYTES)
    source = world.source("grand.bin", content)
    draft = world.draft(sender, [agent.address])
    victims = ["s3", "upload", "gateway"]
    arrived_bytes = 0

    def kill_something(more: int) -> None:
        nonlocal arrived_bytes
        arrived_bytes += more
        if victims and arrived_bytes > (3 - len(victims)) * PART_BYTES:
            victim = victims.pop()
            world.kill(victim)
            world.revive(victim)

    Uploader(sender.api, parallel=PARALLEL, watcher=Counting(kill_something)).send(draft, source)
    assert victims == []
    world.submit(sender, draft, {"grand.bin": content})
    link = world.link(agent)
    target = Downloader(agent.api, link).fetch(agent.api.offer(link).file("grand.bin"), world.folder / "grand2.bin")
    assert target.read_bytes() == content
