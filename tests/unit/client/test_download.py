"""Fetching a file: resuming, verifying, and what a cut line leaves behind."""

import random
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from client.alone import BusyElsewhere
from client.answers import OfferedFile
from client.download import Downloader
from client.partial import Partial
from client.problem import BytesDiffer, Problem, UnexpectedAnswer
from client.watching import Counting
from tests.unit.client.door import Door, refusal, sha256_of

WHOLE = random.Random(7).randbytes(3_000_000)


class CutLine(httpx.SyncByteStream):
    """Gives so many bytes, and then the line is cut."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self.content
        raise httpx.ReadError("cut")


@pytest.fixture
def door() -> Door:
    door = Door()
    door.offered = WHOLE
    return door


def offered(door: Door) -> OfferedFile:
    return OfferedFile("f", "Été/plan.pdf", len(door.offered), sha256_of(door.offered), 3)


def cut_after(door: Door, size_bytes: int, times: int = 1) -> None:
    cuts = [size_bytes] * times

    def fault(request: httpx.Request) -> httpx.Response | None:
        if request.url.host != "files.example" or not cuts:
            return None
        cuts.pop()
        start = int(request.headers.get("range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        stream = CutLine(WHOLE[start : start + size_bytes])
        if not start:
            return httpx.Response(200, stream=stream)
        return httpx.Response(206, stream=stream, headers={"content-range": f"bytes {start}-/x"})

    door.faults.append(fault)


def answer_bytes(door: Door, content: bytes) -> None:
    def fault(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(200, stream=httpx.ByteStream(content)) if request.url.host == "files.example" else None

    door.faults.append(fault)


@pytest.mark.parametrize("content", [b"", b"x", WHOLE])
def test_the_file_is_whole_and_nothing_else_is_left(door: Door, tmp_path: Path, content: bytes) -> None:
    door.offered = content
    heard: list[int] = []
    target = Downloader(door.api(), "t", Counting(heard.append)).fetch(offered(door), tmp_path / "new" / "plan.pdf")
    assert target.read_bytes() == content
    assert sum(heard) == len(content)
    assert list(target.parent.iterdir()) == [target]
    assert len(door.ranges) == 1


def test_a_cut_line_goes_on_where_it_stopped_within_the_same_download(door: Door, tmp_path: Path) -> None:
    cut_after(door, 1_000_000, times=2)
    target = Downloader(door.api(), "t").fetch(offered(door), tmp_path / "plan.pdf")
    assert target.read_bytes() == WHOLE
    assert door.ranges == ["bytes=2000000-"]
    assert len(door.downloads) == 1


def test_a_line_that_is_cut_again_and_again_still_gets_there(door: Door, tmp_path: Path) -> None:
    cut_after(door, 100_000, times=29)
    target = Downloader(door.api(attempts=3), "t").fetch(offered(door), tmp_path / "plan.pdf")
    assert target.read_bytes() == WHOLE


def begun(target: Path, content: bytes, link: str = "t") -> str:
    """What a killed client leaves: the bytes, under a name with the id of their download."""
    partial = Partial.of(target, link, "f")
    partial.path.write_bytes(content)
    return partial.download


@pytest.mark.parametrize("name", ["plan.pdf", "é" * 120, "x"])
def test_a_client_that_was_killed_goes_on_with_the_same_download(door: Door, tmp_path: Path, name: str) -> None:
    download = begun(tmp_path / name, WHOLE[:1_234_567])
    begun(tmp_path / f"{name[:50]}.bak", b"another file")
    begun(tmp_path / name, b"the same name in another link", link="u")
    target = Downloader(door.api(), "t").fetch(offered(door), tmp_path / name)
    assert target.read_bytes() == WHOLE
    assert door.downloads == {download}
    assert door.ranges == ["bytes=1234567-"]
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize("content", [b"", WHOLE])
def test_a_client_that_was_killed_after_the_last_byte_takes_no_second_download(
    door: Door, tmp_path: Path, content: bytes
) -> None:
    door.offered = content
    door.done.add(begun(tmp_path / "plan.pdf", content))
    target = Downloader(door.api(), "t").fetch(offered(door), tmp_path / "plan.pdf")
    assert target.read_bytes() == content
    assert door.downloads == door.done
    assert door.ranges == []


def test_bytes_that_were_delivered_and_lost_are_fetched_under_another_id(door: Door, tmp_path: Path) -> None:
    download = begun(tmp_path / "plan.pdf", WHOLE[:2_000_000])
    door.done.add(download)
    target = Downloader(door.api(), "t").fetch(offered(door), tmp_path / "plan.pdf")
    assert target.read_bytes() == WHOLE
    assert len(door.downloads - {download}) == 1
    assert door.ranges == ["bytes=2000000-"]
    assert list(tmp_path.iterdir()) == [target]


def test_more_bytes_than_there_are_is_not_the_file(door: Door, tmp_path: Path) -> None:
    begun(tmp_path / "plan.pdf", WHOLE + b"x")
    with pytest.raises(BytesDiffer):
        Downloader(door.api(), "t").fetch(offered(door), tmp_path / "plan.pdf")
    assert list(tmp_path.iterdir()) == []


def test_two_processes_do_not_write_to_one_file(door: Door, tmp_path: Path) -> None:
    with Partial.of(tmp_path / "plan.pdf", "t", "f").opened(), pytest.raises(BusyElsewhere):
        Downloader(door.api(), "t").fetch(offered(door), tmp_path / "plan.pdf")
    assert door.downloads == set()


def test_a_line_that_brings_nothing_leaves_the_id_for_the_next_attempt(door: Door, tmp_path: Path) -> None:
    def down(request: httpx.Request) -> None:
        raise httpx.ConnectError("down")

    door.faults.append(lambda request: down(request) if request.url.host == "files.example" else None)
    with pytest.raises(httpx.ConnectError):
        Downloader(door.api(attempts=2), "t").fetch(offered(door), tmp_path / "plan.pdf")
    door.faults.clear()
    Downloader(door.api(), "t").fetch(offered(door), tmp_path / "plan.pdf")
    assert len(door.downloads) == 1


def test_a_file_with_another_digest_is_thrown_away(door: Door, tmp_path: Path) -> None:
    answer_bytes(door, b"z" * len(WHOLE))
    with pytest.raises(BytesDiffer):
        Downloader(door.api(), "t").fetch(offered(door), tmp_path / "plan.pdf")
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_ignores_the_range_is_not_believed(door: Door, tmp_path: Path) -> None:
    begun(tmp_path / "plan.pdf", WHOLE[:10])
    answer_bytes(door, WHOLE)
    with pytest.raises(UnexpectedAnswer):
        Downloader(door.api(), "t").fetch(offered(door), tmp_path / "plan.pdf")


def test_a_capability_that_ran_out_is_asked_for_again_with_the_same_id(door: Door, tmp_path: Path) -> None:
    def run_out(request: httpx.Request) -> None:
        if request.url.host == "files.example" and not door.ranges and door.capability == 1:
            door.capability = 2

    door.faults.append(run_out)
    target = Downloader(door.api(), "t").fetch(offered(door), tmp_path / "plan.pdf")
    assert target.read_bytes() == WHOLE
    assert len(door.downloads) == 1


def test_a_link_that_died_meanwhile_is_told(door: Door, tmp_path: Path) -> None:
    door.faults.append(lambda request: refusal(410, "transfer-withdrawn"))
    with pytest.raises(Problem) as caught:
        Downloader(door.api(), "t").fetch(offered(door), tmp_path / "plan.pdf")
    assert caught.value.slug == "transfer-withdrawn"
    assert list(tmp_path.iterdir()) == []
