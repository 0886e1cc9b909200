"""The programs that people have can open it: unzip, 7-Zip, libarchive; also past 4 GiB, with holes instead of bytes."""

import io
import os
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.download.zip.layout import ZipLayout
from tests.unit.download.sent_files import GIB, PARIS, SUBMITTED, built, layout_of, sent, sent_zeros, write_sparse

BODIES = {
    "plans/été à Nîmes.pdf": b"bonjour" * 999,
    "vide.txt": b"",
    "plans/ÉTÉ à Nîmes.pdf": b"x",
    "日本/🎉.bin": bytes(range(256)),
    "plans/été à Nîmes.PDF": b"y",
    "../../hors.txt": b"dehors",
    "CON": b"console",
}
NAMES = [
    "plans/été à Nîmes.pdf",
    "vide.txt",
    "plans/ÉTÉ à Nîmes (2).pdf",
    "日本/🎉.bin",
    "plans/été à Nîmes (3).PDF",
    "hors.txt",
    "_CON",
]
TESTS = {"unzip": ["unzip", "-tqq"], "7-Zip": ["7z", "t", "-bd"], "libarchive": ["bsdtar", "-tf"]}


def run(*command: str, into: Path | None = None, zone: str = "UTC") -> str:
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": zone}
    done = subprocess.run(command, cwd=into, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    assert "warning" not in (done.stdout + done.stderr).lower(), done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    place = tmp_path / "a.zip"
    place.write_bytes(built(layout_of(BODIES), list(BODIES.values())))
    return place


@pytest.mark.parametrize("tool", TESTS)
@pytest.mark.parametrize("count", [1, 7, 1000])
def test_it_is_whole_for(tool: str, count: int, tmp_path: Path) -> None:
    bodies = dict(list(BODIES.items())[:count]) if count < 10 else {f"d/{n}": b"%d" % n for n in range(count)}
    place = tmp_path / "a.zip"
    place.write_bytes(built(layout_of(bodies), list(bodies.values())))
    run(*TESTS[tool], str(place))


@pytest.mark.parametrize(
    "extract", [["unzip", "-qq"], ["7z", "x", "-bd"], ["bsdtar", "-xf"]], ids=["unzip", "7-Zip", "libarchive"]
)
def test_what_comes_out_is_what_went_in(extract: list[str], archive: Path, tmp_path: Path) -> None:
    into = tmp_path / "out"
    into.mkdir()
    run(*extract, str(archive), into=into)
    found = {str(place.relative_to(into)): place for place in into.rglob("*") if place.is_file()}
    assert {name: place.read_bytes() for name, place in found.items()} == dict(zip(NAMES, BODIES.values(), strict=True))
    assert {place.stat().st_mode & 0o777 for place in found.values()} == {0o644}
    assert {place.stat().st_mtime for place in found.values()} == {SUBMITTED.timestamp()}
    assert set(tmp_path.iterdir()) == {archive, into}


EXTRACTING = [["unzip", "-qq"], ["7z", "x", "-bd"], ["bsdtar", "-xf"]]


@pytest.mark.parametrize("extract", EXTRACTING, ids=["unzip", "7-Zip", "libarchive"])
@pytest.mark.parametrize("elsewhere", ["UTC", "Europe/Paris", "Pacific/Noumea"])
def test_a_file_comes_out_with_its_own_date_wherever_it_is_unpacked(
    extract: list[str], elsewhere: str, tmp_path: Path
) -> None:
    dated = sent("ancien.txt", b"x").model_copy(update={"modified_at": datetime(2019, 7, 14, 21, 30, 5, tzinfo=UTC)})
    place, into = tmp_path / "a.zip", tmp_path / "out"
    place.write_bytes(built(ZipLayout([dated], SUBMITTED, PARIS), [b"x"]))
    into.mkdir()
    run(*extract, str(place), into=into, zone=elsewhere)
    assert (into / "ancien.txt").stat().st_mtime == datetime(2019, 7, 14, 21, 30, 5, tzinfo=UTC).timestamp()


def test_a_program_that_reads_no_moment_shows_the_time_of_the_zone() -> None:
    archive = zipfile.ZipFile(io.BytesIO(built(layout_of({"a": b"x"}), [b"x"])))
    assert archive.infolist()[0].date_time == (2026, 3, 2, 10, 41, 30)


def test_the_directory_says_utf8_stored_and_no_more(archive: Path) -> None:
    said = run("zipinfo", str(archive))
    assert f"number of entries: {len(NAMES)}" in said
    assert said.count("-rw-r--r--") == said.count("stor 26-Mar-02 09:41") == len(NAMES)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Before, at and after the borders of 32 bits: 5 GiB of hole between small files."""
    files = [sent_zeros("avant.bin", 9), sent_zeros("films/5 Go.mp4", 5 * GIB), sent_zeros("films/après.bin", 70_000)]
    place = tmp_path / "large.zip"
    write_sparse(ZipLayout(files, SUBMITTED, PARIS), place)
    assert place.stat().st_blocks * 512 < 1_000_000
    return place


def test_five_gibibytes_are_listed_by_every_tool(large: Path) -> None:
    assert "5368709120" in run("zipinfo", str(large))
    assert "5368709120" in run("7z", "l", "-bd", str(large))
    assert "5368709120" in run("bsdtar", "-tvf", str(large))


def test_what_lies_past_four_gibibytes_comes_out(large: Path, tmp_path: Path) -> None:
    into = tmp_path / "out"
    into.mkdir()
    run("unzip", "-qq", str(large), "films/après.bin", into=into)
    assert (into / "films" / "après.bin").read_bytes() == bytes(70_000)
