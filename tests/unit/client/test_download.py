"""Fetching a file: resuming, verifying, and what a cut line leaves behind."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from client.download import Downloader
from client.errors import DownloadCorrupted, Problem, UnexpectedResponse
from client.file_lock import FileLocked
from client.models import OfferedFile
from client.partial_file import PartialFile
from client.progress import ProgressCounter
from tests.fakes.api.app import FakeApi
from tests.fakes.api.cards import TOKEN
from tests.fakes.api.download import FILES_URL, content_from, etag_of, id_of
from tests.fakes.api.problems import problem

ID = id_of("Été/plan.pdf")
FILES_HOST = urlsplit(FILES_URL).hostname
WHOLE = random.Random(7).randbytes(3_000_000)


class CutLine(httpx.SyncByteStream):
    """Gives so many bytes, and then the line is cut."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self.content
        raise httpx.ReadError("cut")


def dated(api: FakeApi, date: str) -> None:
    def fault(request: httpx.Request) -> httpx.Response | None:
        headers = {"Last-Modified": date, "Content-Length": str(len(WHOLE)), "ETag": etag_of(WHOLE)}
        return (
            httpx.Response(200, stream=httpx.ByteStream(WHOLE), headers=headers)
            if request.url.host == FILES_HOST
            else None
        )

    api.faults.append(fault)


@pytest.fixture(autouse=True)
def _offered(api: FakeApi) -> None:
    offer(api, WHOLE)


def offer(api: FakeApi, content: bytes) -> None:
    api.download.offer_files({"Été/plan.pdf": content})


def offered(api: FakeApi) -> OfferedFile:
    return OfferedFile.from_json(api.download.offers[TOKEN]["files"][0])


def cut_after(api: FakeApi, size_bytes: int, times: int = 1) -> None:
    cuts = [size_bytes] * times

    def fault(request: httpx.Request) -> httpx.Response | None:
        if request.url.host != FILES_HOST or not cuts:
            return None
        cuts.pop()
        start = int(request.headers.get("range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        return content_from(WHOLE, start or None, CutLine(WHOLE[start : start + size_bytes]))

    api.faults.append(fault)


def answer_bytes(api: FakeApi, content: bytes) -> None:
    def fault(request: httpx.Request) -> httpx.Response | None:
        return content_from(content, None, etag=etag_of(WHOLE)) if request.url.host == FILES_HOST else None

    api.faults.append(fault)


@pytest.mark.parametrize("content", [b"", b"x", WHOLE])
def test_the_file_is_whole_and_nothing_else_is_left(api: FakeApi, tmp_path: Path, content: bytes) -> None:
    offer(api, content)
    heard: list[int] = []
    target = Downloader(api.client(), TOKEN, ProgressCounter(heard.append)).fetch(
        offered(api), tmp_path / "new" / "plan.pdf"
    )
    assert target.read_bytes() == content
    assert sum(heard) == len(content)
    assert list(target.parent.iterdir()) == [target]
    assert len(api.download.ranges) == 1


def test_a_cut_line_goes_on_where_it_stopped_within_the_same_download(api: FakeApi, tmp_path: Path) -> None:
    cut_after(api, 1_000_000, times=2)
    target = Downloader(api.client(), TOKEN).fetch(offered(api), tmp_path / "plan.pdf")
    assert target.read_bytes() == WHOLE
    assert api.download.ranges == ["bytes=2000000-"]
    assert len(api.download.downloads) == 1


def test_a_line_that_is_cut_again_and_again_still_gets_there(api: FakeApi, tmp_path: Path) -> None:
    cut_after(api, 100_000, times=29)
    target = Downloader(api.client(attempts=3), TOKEN).fetch(offered(api), tmp_path / "plan.pdf")
    assert target.read_bytes() == WHOLE


def begun(target: Path, content: bytes, link: str = TOKEN) -> str:
    """What a killed client leaves: the bytes, under a name with the id of their download."""
    partial = PartialFile.for_target(target, link, ID)
    partial.path.write_bytes(content)
    return partial.download


@pytest.mark.parametrize("name", ["plan.pdf", "é" * 120, "x"])
def test_a_client_that_was_killed_goes_on_with_the_same_download(api: FakeApi, tmp_path: Path, name: str) -> None:
    download = begun(tmp_path / name, WHOLE[:1_234_567])
    begun(tmp_path / f"{name[:50]}.bak", b"another file")
    begun(tmp_path / name, b"the same name in another link", link="u")
    target = Downloader(api.client(), TOKEN).fetch(offered(api), tmp_path / name)
    assert target.read_bytes() == WHOLE
    assert set(api.download.downloads) == {download}
    assert api.download.ranges == ["bytes=1234567-"]
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize("content", [b"", WHOLE])
def test_a_client_that_was_killed_after_the_last_byte_takes_no_second_download(
    api: FakeApi, tmp_path: Path, content: bytes
) -> None:
    offer(api, content)
    api.download.done.add(begun(tmp_path / "plan.pdf", content))
    target = Downloader(api.client(), TOKEN).fetch(offered(api), tmp_path / "plan.pdf")
    assert target.read_bytes() == content
    assert set(api.download.downloads) == api.download.done
    assert api.download.ranges == []


def test_bytes_that_were_delivered_and_lost_are_fetched_under_another_id(api: FakeApi, tmp_path: Path) -> None:
    download = begun(tmp_path / "plan.pdf", WHOLE[:2_000_000])
    api.download.done.add(download)
    target = Downloader(api.client(), TOKEN).fetch(offered(api), tmp_path / "plan.pdf")
    assert target.read_bytes() == WHOLE
    assert len(api.download.downloads.keys() - {download}) == 1
    assert api.download.ranges == ["bytes=2000000-"]
    assert list(tmp_path.iterdir()) == [target]


def test_more_bytes_than_there_are_is_not_the_file(api: FakeApi, tmp_path: Path) -> None:
    begun(tmp_path / "plan.pdf", WHOLE + b"x")
    with pytest.raises(DownloadCorrupted):
        Downloader(api.client(), TOKEN).fetch(offered(api), tmp_path / "plan.pdf")
    assert list(tmp_path.iterdir()) == []


def test_two_processes_do_not_write_to_one_file(api: FakeApi, tmp_path: Path) -> None:
    with PartialFile.for_target(tmp_path / "plan.pdf", TOKEN, ID).open_locked(), pytest.raises(FileLocked):
        Downloader(api.client(), TOKEN).fetch(offered(api), tmp_path / "plan.pdf")
    assert not api.download.downloads


def test_a_line_that_brings_nothing_leaves_the_id_for_the_next_attempt(api: FakeApi, tmp_path: Path) -> None:
    def down(request: httpx.Request) -> None:
        raise httpx.ConnectError("down")

    api.faults.append(lambda request: down(request) if request.url.host == FILES_HOST else None)
    with pytest.raises(httpx.ConnectError):
        Downloader(api.client(attempts=2), TOKEN).fetch(offered(api), tmp_path / "plan.pdf")
    api.faults.clear()
    Downloader(api.client(), TOKEN).fetch(offered(api), tmp_path / "plan.pdf")
    assert len(api.download.downloads) == 1


def test_a_file_with_another_digest_is_thrown_away(api: FakeApi, tmp_path: Path) -> None:
    answer_bytes(api, b"z" * len(WHOLE))
    with pytest.raises(DownloadCorrupted):
        Downloader(api.client(), TOKEN).fetch(offered(api), tmp_path / "plan.pdf")
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_ignores_the_range_is_not_believed(api: FakeApi, tmp_path: Path) -> None:
    begun(tmp_path / "plan.pdf", WHOLE[:10])
    answer_bytes(api, WHOLE)
    with pytest.raises(UnexpectedResponse):
        Downloader(api.client(), TOKEN).fetch(offered(api), tmp_path / "plan.pdf")


def test_a_capability_that_ran_out_is_asked_for_again_with_the_same_id(api: FakeApi, tmp_path: Path) -> None:
    def run_out(request: httpx.Request) -> None:
        if request.url.host == FILES_HOST and not api.download.ranges and api.download.capability == 1:
            api.download.capability = 2

    api.faults.append(run_out)
    target = Downloader(api.client(), TOKEN).fetch(offered(api), tmp_path / "plan.pdf")
    assert target.read_bytes() == WHOLE
    assert len(api.download.downloads) == 1


def test_a_link_that_died_meanwhile_is_told(api: FakeApi, tmp_path: Path) -> None:
    api.faults.append(lambda request: problem("transfer-withdrawn"))
    with pytest.raises(Problem) as caught:
        Downloader(api.client(), TOKEN).fetch(offered(api), tmp_path / "plan.pdf")
    assert caught.value.slug == "transfer-withdrawn"
    assert list(tmp_path.iterdir()) == []


def test_a_file_keeps_the_date_that_it_had_on_its_senders_machine(api: FakeApi, tmp_path: Path) -> None:
    dated(api, "Mon, 14 Jul 2025 08:30:00 GMT")
    target = Downloader(api.client(), TOKEN).fetch(offered(api), tmp_path / "plan.pdf")
    assert target.stat().st_mtime == datetime(2025, 7, 14, 8, 30, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("date", ["yesterday", "Mon, 01 Jan 9999 99:00:00 GMT", ""])
def test_a_date_that_is_none_is_no_reason_to_fail(api: FakeApi, tmp_path: Path, date: str) -> None:
    dated(api, date)
    assert Downloader(api.client(), TOKEN).fetch(offered(api), tmp_path / "plan.pdf").read_bytes() == WHOLE
