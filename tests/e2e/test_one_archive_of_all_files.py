"""One archive of all files: any program opens it, it resumes, and it counts once for each file."""

import random
import subprocess
import uuid
import zipfile

from tests.e2e.downloads import MIB, new, offered_files
from tests.e2e.scenario import Scenario
from tests.eventually import TIMEOUT_SECONDS, until

FILES = {
    "Été à Nîmes/plan d'accès.pdf": random.Random(1).randbytes(10 * MIB),
    "Été à Nîmes/vide.txt": b"",
    "vide.txt": b"",
    "日本/資料.bin": random.Random(2).randbytes(7 * MIB + 1),
}
PROGRAMS = {"unzip": ["unzip", "-tq"], "7z": ["7z", "t", "-bd"], "bsdtar": ["bsdtar", "-tf"]}


def test_an_archive_interrupted_at_70_percent_resumes_and_every_program_opens_it(scenario: Scenario) -> None:
    mine = offered_files(scenario, FILES)
    grant = scenario.api_without_retries().start_archive(mine.link, new(), [one.file for one in mine.offer.files])
    target = scenario.folder / f"{uuid.uuid4().hex}.zip"
    seventy = grant.size_bytes * 7 // 10
    fetch(["curl", "-sSf", "-r", f"0-{seventy - 1}", "-o", str(target), grant.url])
    assert target.stat().st_size == seventy
    assert mine.done_each == [0, 0, 0, 0]
    fetch(["curl", "-sSf", "-C", "-", "-o", str(target), grant.url])
    assert target.stat().st_size == grant.size_bytes
    for command in PROGRAMS.values():
        fetch([*command, str(target)])
    with zipfile.ZipFile(target) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == FILES
    until(lambda: mine.done_each == [1, 1, 1, 1], "it counts once on each file")
    assert [one.left for one in mine.offer.files] == [2, 2, 2, 2]


def fetch(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
