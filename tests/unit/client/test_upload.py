"""Sending a file: parts, retries, resuming, capabilities and sessions that run out."""

import random
import zlib
from pathlib import Path

import httpx
import pytest

from client.problem import FileChanged, Problem
from client.upload import Source, Uploader, file_id, sources
from tests.unit.client.door import Door, refusal

DRAFT = "0190d6a8-0000-7000-8000-000000000001"


@pytest.fixture
def door() -> Door:
    return Door()


def a_file(folder: Path, size_bytes: int, name: str = "plan.pdf") -> Source:
    path = folder / name
    path.write_bytes(random.Random(size_bytes).randbytes(size_bytes))
    return Source(path, name)


def sent(door: Door, source: Source) -> bytes:
    return door.whole(file_id(DRAFT, source.name))


@pytest.mark.parametrize("size_bytes", [0, 1, 999, 1000, 1001, 10_500])
def test_what_arrives_is_the_file_whatever_its_size(door: Door, tmp_path: Path, size_bytes: int) -> None:
    source = a_file(tmp_path, size_bytes)
    heard: list[int] = []
    Uploader(door.api(), progress=heard.append).send(DRAFT, source)
    assert sent(door, source) == source.path.read_bytes()
    assert sum(heard) == size_bytes


def test_each_part_carries_its_crc32(door: Door, tmp_path: Path) -> None:
    told: dict[str, int] = {}

    def note(request: httpx.Request) -> None:
        if request.url.path.startswith("/parts/"):
            told[request.headers["x-part-crc32"]] = zlib.crc32(request.content)

    door.faults.append(note)
    Uploader(door.api()).send(DRAFT, a_file(tmp_path, 2500))
    assert len(told) == 3
    assert all(int(said, 16) == real for said, real in told.items())


def test_a_part_that_meets_a_passing_failure_is_sent_again(door: Door, tmp_path: Path) -> None:
    failures: list[httpx.Response | Exception] = [
        httpx.ConnectError("down"),
        refusal(503, "store-unavailable", retry_after="5"),
        refusal(502, "bad"),
    ]

    def fault(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.startswith("/parts/") or not failures:
            return None
        failure = failures.pop()
        if isinstance(failure, Exception):
            raise failure
        return failure

    door.faults.append(fault)
    source = a_file(tmp_path, 900)
    Uploader(door.api()).send(DRAFT, source)
    assert sent(door, source) == source.path.read_bytes()
    assert len(door.pauses) == 3
    assert max(door.pauses) >= 5, "the service's Retry-After is honoured"


def test_a_refusal_that_will_not_pass_is_raised_at_once(door: Door, tmp_path: Path) -> None:
    door.faults.append(lambda request: refusal(413, "file-too-large") if request.method == "PUT" else None)
    with pytest.raises(Problem) as caught:
        Uploader(door.api()).send(DRAFT, a_file(tmp_path, 10))
    assert (caught.value.status, caught.value.slug) == (413, "file-too-large")
    assert door.pauses == []


def test_a_resumed_upload_sends_only_what_is_not_there(door: Door, tmp_path: Path) -> None:
    source = a_file(tmp_path, 9_500)

    def cut_at_part_7(request: httpx.Request) -> httpx.Response | None:
        return refusal(422, "cut") if "/7/" in request.url.path else None

    door.faults.append(cut_at_part_7)
    with pytest.raises(Problem):
        Uploader(door.api(), parallel=1).send(DRAFT, source)
    assert sorted(door.puts) == [1, 2, 3, 4, 5, 6]
    door.faults.clear()
    heard: list[int] = []
    Uploader(door.api(), progress=heard.append).send(DRAFT, source)
    assert sent(door, source) == source.path.read_bytes()
    assert all(times == 1 for times in door.puts.values())
    assert sum(heard) == 9_500


def test_a_part_that_differs_from_the_stored_one_is_sent_again(door: Door, tmp_path: Path) -> None:
    source = a_file(tmp_path, 3_000)
    Uploader(door.api()).send(DRAFT, source)
    door.parts[file_id(DRAFT, source.name)][2] = b"z" * 1000
    Uploader(door.api()).send(DRAFT, source)
    assert sent(door, source) == source.path.read_bytes()
    assert door.puts == {1: 1, 2: 2, 3: 1}


def test_a_capability_that_runs_out_is_replaced(door: Door, tmp_path: Path) -> None:
    def run_out(request: httpx.Request) -> None:
        if "/3/" in request.url.path and door.capability == 1:
            door.capability = 2

    door.faults.append(run_out)
    source = a_file(tmp_path, 8_000)
    Uploader(door.api(), parallel=3).send(DRAFT, source)
    assert sent(door, source) == source.path.read_bytes()


def test_parts_that_the_service_lost_are_sent_again(door: Door, tmp_path: Path) -> None:
    source = a_file(tmp_path, 5_000)
    lost: list[int] = []

    def lose_part_4(request: httpx.Request) -> None:
        if request.url.path.endswith("/completion") and not lost:
            lost.append(4)
            del door.parts[file_id(DRAFT, source.name)][4]

    door.faults.append(lose_part_4)
    Uploader(door.api()).send(DRAFT, source)
    assert sent(door, source) == source.path.read_bytes()
    assert door.puts[4] == 2


def test_a_session_is_renewed_once_half_of_it_is_spent(door: Door, tmp_path: Path) -> None:
    door.session_seconds = 0
    api = door.api()
    session = api.open_session("link", "key", "Lovelace", "Ada")
    assert session.role == "external"
    Uploader(api, parallel=1).send(DRAFT, a_file(tmp_path, 2_500))
    assert door.renewals == 4
    assert api.wire.token == "token-4"


def test_a_file_that_shrank_meanwhile_is_refused(door: Door, tmp_path: Path) -> None:
    source = a_file(tmp_path, 2_500)

    def shrink(request: httpx.Request) -> None:
        source.path.write_bytes(b"short")

    door.faults.append(shrink)
    with pytest.raises(FileChanged):
        Uploader(door.api()).send(DRAFT, source)


def test_a_folder_keeps_its_tree_and_its_order(tmp_path: Path) -> None:
    folder = tmp_path / "Été"
    (folder / "b").mkdir(parents=True)
    (folder / "b" / "vide.txt").touch()
    (folder / "à.txt").write_text("x")
    (tmp_path / "seul.txt").touch()
    assert [source.name for source in sources([folder, tmp_path / "seul.txt"])] == [
        "Été/b/vide.txt",
        "Été/à.txt",
        "seul.txt",
    ]


def test_the_id_of_a_file_is_the_same_after_a_restart_and_another_in_another_draft() -> None:
    other = "0190d6a8-0000-7000-8000-000000000002"
    assert file_id(DRAFT, "a") == file_id(DRAFT, "a")
    assert len({file_id(DRAFT, "a"), file_id(DRAFT, "b"), file_id(other, "a")}) == 3
