"""R36, R37: common download programs use one download of three, whatever ranges they request."""

import subprocess
import uuid
from pathlib import Path

import pytest

from tests.contents import random_content
from tests.e2e.downloads import MIB, ON_THE_WAY, new, offered, rest, same, slow, take, until_idle
from tests.e2e.pausing_proxy import PausePoint, PausingProxy
from tests.e2e.scenario import Scenario
from tests.eventually import TIMEOUT_SECONDS, until

ENOUGH = 6 * MIB
THE_END = 3 * MIB
BEGIN = {
    "curl": ["curl", "-sSf", "-o"],
    "wget": ["wget", "-q", "--tries=1", "-O"],
}
GO_ON = {
    "curl": ["curl", "-sSf", "-C", "-", "-o"],
    "wget": ["wget", "-q", "--tries=1", "-c", "-O"],
}


def content() -> bytes:
    return random_content(34, ENOUGH + ON_THE_WAY + THE_END)


def finish(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def size(target: Path) -> int:
    return target.stat().st_size if target.exists() else 0


def test_eight_connections_of_aria2_are_one_download(scenario: Scenario) -> None:
    (mine,) = offered(scenario, content())
    target, download = scenario.folder / uuid.uuid4().hex, new()
    where = ["-d", str(target.parent), "-o", target.name]
    finish(["aria2c", "-q", "--no-conf", "-x8", "-s8", "-k1M", *where, mine.begin(download)])
    assert same(target, content())
    assert mine.left == 2
    until_idle(scenario)
    mine.end_lease(download)  # each connection is broken off where the next one began: it is whole when all are quiet
    until(lambda: mine.done == 1, "it counts, once")
    assert mine.left == 2


@pytest.mark.parametrize("program", ["curl", "wget"])
def test_a_program_resumes_where_it_was_interrupted(scenario: Scenario, program: str) -> None:
    (mine,) = offered(scenario, content())
    target, url = scenario.folder / uuid.uuid4().hex, mine.begin()
    with PausingProxy() as proxy:
        proxy.pause_after(PausePoint("down", ENOUGH))
        with proxy.program([*BEGIN[program], str(target), url]):
            until(proxy.is_paused, "a part of it has come")
            until(lambda: size(target) >= ENOUGH - MIB, "it is on the disk")
    assert size(target) <= ENOUGH
    finish([*GO_ON[program], str(target), url])
    assert same(target, content())
    until(lambda: mine.done == 1, "it counts, once")
    assert mine.left == 2


def test_a_download_interrupted_after_the_last_byte_was_sent_can_be_finished(scenario: Scenario) -> None:
    (mine,) = offered(scenario, content())
    url = mine.begin()
    with slow(url) as pieces:
        found = take(pieces, len(content()) - THE_END)
    with slow(url, len(found)) as pieces:
        found += rest(pieces)
    assert found == content()
    until(lambda: mine.done == 1, "it counts, once")
    assert mine.left == 2
