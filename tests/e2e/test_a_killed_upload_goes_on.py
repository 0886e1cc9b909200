"""R11: whatever dies during an upload, what had arrived is not sent again, and the file is the file."""

import json
import random
import subprocess
import sys

from client.download import Downloader
from client.sources import Source, file_id
from client.upload import Uploader
from client.watching import Counting
from tests.e2e.world import World, until

PARALLEL = 3
PART_BYTES = 8 * 2**20
SIZE_BYTES = 120_000_000
KILLS = 6


def parts_begun(world: World) -> int:
    """How many parts the gateway was sent since its log began, whatever became of them."""
    lines = world.stack.workspace.log("gateway").read_text(errors="replace").splitlines()
    return sum('"route":"/parts/' in line for line in lines)


def killed_in_mid_upload(world: World, token: str, draft: str, source: Source, more_parts: int) -> None:
    """Runs the client in a process of its own, and ends it once that many parts more have arrived."""
    told = {"base_url": world.stack.gateway_url, "token": token, "draft": draft, "parallel": PARALLEL}
    command = [sys.executable, "-m", "tests.e2e.uploading"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        json.dump({**told, "path": str(source.path), "name": source.name}, client.stdin)
        client.stdin.close()
        there = len(arrived(world, token, draft, source))
        for _ in range(there + more_parts):
            client.stdout.readline()
        client.kill()


def arrived(world: World, token: str, draft: str, source: Source) -> set[int]:
    plan = world.impatient(token).plan_file(draft, file_id(draft, source.name), source.name, SIZE_BYTES)
    return {part.number for part in plan.parts}


def test_a_client_that_is_killed_again_and_again_sends_only_what_was_in_flight(world: World) -> None:
    sender, agent = world.outsider("camille"), world.agent("dominique")
    content = random.Random(11).randbytes(SIZE_BYTES)
    source = world.source("grand.bin", content)
    draft = world.draft(sender, [agent.address])
    token = str(sender.api.wire.token)
    before = parts_begun(world)
    for kill in range(KILLS):
        killed_in_mid_upload(world, token, draft, source, more_parts=random.Random(kill).randint(0, 2))
    Uploader(sender.api, parallel=PARALLEL).send(draft, source)
    parts = -(-SIZE_BYTES // PART_BYTES)
    until(lambda: parts_begun(world) - before >= parts, "the gateway has written its log")
    assert parts_begun(world) - before <= parts + KILLS * PARALLEL
    transfer = world.submit(sender, draft, {"grand.bin": content})
    link = world.link(agent)
    target = Downloader(agent.api, link).fetch(agent.api.offer(link).file("grand.bin"), world.folder / "grand.bin")
    assert target.read_bytes() == content
    assert transfer.recap["total_bytes"] == SIZE_BYTES


def test_an_upload_goes_on_when_the_upload_service_the_gateway_and_the_store_are_killed_under_it(world: World) -> None:
    sender, agent = world.outsider("camille"), world.agent("dominique")
    content = random.Random(12).randbytes(SIZE_BYTES // 2)
    source = world.source("grand.bin", content)
    draft = world.draft(sender, [agent.address])
    victims = ["s3", "upload", "gateway"]
    arrived_bytes = 0

    def kill_something(more: int) -> None:
        nonlocal arrived_bytes
        arrived_bytes += more
        if victims and arrived_bytes > (4 - len(victims)) * SIZE_BYTES // 10:
            victim = victims.pop()
            world.kill(victim)
            world.revive(victim)

    Uploader(sender.api, parallel=PARALLEL, watcher=Counting(kill_something)).send(draft, source)
    assert victims == []
    world.submit(sender, draft, {"grand.bin": content})
    link = world.link(agent)
    target = Downloader(agent.api, link).fetch(agent.api.offer(link).file("grand.bin"), world.folder / "grand2.bin")
    assert target.read_bytes() == content
