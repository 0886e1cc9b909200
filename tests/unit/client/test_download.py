"""Download a file: resume, verify, and keep what an interrupted attempt left."""

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
from client.partial_file import PartialFile
from client.progress import ProgressSum
from client.schemas.download import LinkFileSchema
from tests.fakes.api.app import FakeApi
from tests.fakes.api.cards import TOKEN
from tests.fakes.api.download import FILES_URL, content_from, etag_of, id_of
from tests.fakes.api.problems import problem

ID = id_of("Été/plan.pdf")
FILES_HOST = urlsplit(FILES_URL).hostname
WHOLE = random.Random(7).randbytes(3_000_000)


class TruncatedStream(httpx.SyncByteStream):
    """Yields the content, then breaks the connection."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self.content
        raise httpx.ReadError("cut")


def answer_with_date(api: FakeApi, date: str) -> None:
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


def offered(api: FakeApi) -> LinkFileSchema:
    return LinkFileSchema.model_validate(api.download.offers[TOKEN]["files"][0])


def interrupt_after(api: FakeApi, size_bytes: int, times: int = 1) -> None:
    cuts = [size_bytes] * times

    def fault(request: httpx.Request) -> httpx.Response | None:
        if request.url.host != FILES_HOST or not cuts:
            return None
        cuts.pop()
        start = int(request.headers.get("range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        return content_from(WHOLE, start or None, TruncatedStream(WHOLE[start : start + size_bytes]))

    api.faults.append(fault)


def answer_bytes(api: FakeApi, content: bytes) -> None:
    def fault(request: httpx.Request) -> httpx.Response | None:
        return content_from(content, None, etag=etag_of(WHOLE)) if request.url.host == FILES_HOST else None

    api.faults.append(fault)


@pytest.mark.parametrize("content", [b"", b"x", WHOLE])
def test_the_file_is_complete_and_nothing_else_is_left(api: FakeApi, tmp_path: Path, content: bytes) -> None:
    offer(api, content)
    heard: list[int] = []
    target = Downloader(api.client(), TOKEN, ProgressSum(heard.append)).fetch(
        offered(api), tmp_path / "new" / "plan.pdf"
    )
    assert target.read_bytes() == content
    assert sum(heard) == len(content)
    assert list(target.parent.iterdir()) == [target]
    assert len(api.download.ranges) == 1


def test_an_interrupted_download_resumes_under_the_same_id(api: FakeApi, tmp_path: Path) -> None:
    interrupt_after(api, 1_000_000, times=2)
    target = Downloader(api.client(), TOKEN).fetch(offered(api), tmp_path / "plan.pdf")
    assert target.read_bytes() == WHOLE
    assert api.download.ranges == ["bytes=2000000-"]
    assert len(api.download.downloads) == 1


def test_a_download_completes_despite_many_interruptions(api: FakeApi, tmp_path: Path) -> None:
    interrupt_after(api, 100_000, times=29)
    target = Downloader(api.client(attempts=3), TOKEN).fetch(offered(api), tmp_path / "plan.pdf")
    assert target.read_bytes() == WHOLE


def leave_partial_file(target: Path, content: bytes, link: str = TOKEN) -> str:
    """Leave what a killed client leaves: bytes in a file with the id of their download in its name; return the id."""
    partial = PartialFile.for_target(target, link, ID)
    partial.path.write_bytes(content)
    return partial.download


@pytest.mark.parametrize("name", ["plan.pdf", "é" * 120, "x"])
def test_a_killed_client_resumes_the_same_download(api: FakeApi, tmp_path: Path, name: str) -> None:
    download = leave_partial_file(tmp_path / name, WHOLE[:1_234_567])
    leave_partial_file(tmp_path / f"{name[:50]}.bak", b"another file")
    leave_partial_file(tmp_path / name, b"the same name in another link", link="u")
    target = Downloader(api.client(), TOKEN).fetch(offered(api), tmp_path / name)
    assert target.read_bytes() == WHOLE
    assert set(api.download.downloads) == {download}
    assert api.download.ranges == ["bytes=1234567-"]
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize("content", [b"", WHOLE])
def test_a_client_killed_after_the_last_byte_starts_no_second_download(
    api: FakeApi, tmp_path: Path, content: bytes
) -> None:
    offer(api, content)
    api.download.done.add(leave_partial_file(tmp_path / "plan.pdf", content))
    target = Downloader(api.client(), TOKEN).fetch(offered(api), tmp_path / "plan.pdf")
    assert target.read_bytes() == content
    assert set(api.download.downloads) == api.download.done
    assert api.download.ranges == []


def test_bytes_that_were_delivered_and_lost_are_fetched_under_another_id(api: FakeApi, tmp_path: Path) -> None:
    download = leave_partial_file(tmp_path / "plan.pdf", WHOLE[:2_000_000])
    api.download.done.add(download)
    target = Downloader(api.client(), TOKEN).fetch(offered(api), tmp_path / "plan.pdf")
    assert target.read_bytes() == WHOLE
    assert len(api.download.downloads.keys() - {download}) == 1
    assert api.download.ranges == ["bytes=2000000-"]
    assert list(tmp_path.iterdir()) == [target]


def test_a_partial_file_that_is_too_long_is_refused(api: FakeApi, tmp_path: Path) -> None:
    leave_partial_file(tmp_path / "plan.pdf", WHOLE + b"x")
    with pytest.raises(DownloadCorrupted):
        Downloader(api.client(), TOKEN).fetch(offered(api), tmp_path / "plan.pdf")
    assert list(tmp_path.iterdir()) == []


def test_two_processes_do_not_write_to_one_file(api: FakeApi, tmp_path: Path) -> None:
    with PartialFile.for_target(tmp_path / "plan.pdf", TOKEN, ID).open_locked(), pytest.raises(FileLocked):
        Downloader(api.client(), TOKEN).fetch(offered(api), tmp_path / "plan.pdf")
    assert not api.download.downloads


def test_a_failed_download_leaves_its_id_for_the_next_attempt(api: FakeApi, tmp_path: Path) -> None:
    def down(request: httpx.Request) -> None:
        raise httpx.ConnectError("down")

    api.faults.append(lambda request: down(request) if request.url.host == FILES_HOST else None)
    with pytest.raises(httpx.ConnectError):
        Downloader(api.client(attempts=2), TOKEN).fetch(offered(api), tmp_path / "plan.pdf")
    api.faults.clear()
    Downloader(api.client(), TOKEN).fetch(offered(api), tmp_path / "plan.pdf")
    assert len(api.download.downloads) == 1


def test_a_file_with_another_digest_is_deleted(api: FakeApi, tmp_path: Path) -> None:
    answer_bytes(api, b"z" * len(WHOLE))
    with pytest.raises(DownloadCorrupted):
        Downloader(api.client(), TOKEN).fetch(offered(api), tmp_path / "plan.pdf")
    assert list(tmp_path.iterdir()) == []


def test_a_response_that_ignores_the_range_is_refused(api: FakeApi, tmp_path: Path) -> None:
    leave_partial_file(tmp_path / "plan.pdf", WHOLE[:10])
    answer_bytes(api, WHOLE)
    with pytest.raises(UnexpectedResponse):
        Downloader(api.client(), TOKEN).fetch(offered(api), tmp_path / "plan.pdf")


def test_an_expired_capability_is_renewed_under_the_same_id(api: FakeApi, tmp_path: Path) -> None:
    def run_out(request: httpx.Request) -> None:
        if request.url.host == FILES_HOST and not api.download.ranges and api.download.capability == 1:
            api.download.capability = 2

    api.faults.append(run_out)
    target = Downloader(api.client(), TOKEN).fetch(offered(api), tmp_path / "plan.pdf")
    assert target.read_bytes() == WHOLE
    assert len(api.download.downloads) == 1


def test_a_link_that_ended_meanwhile_is_reported(api: FakeApi, tmp_path: Path) -> None:
    api.faults.append(lambda request: problem("transfer-deleted"))
    with pytest.raises(Problem) as caught:
        Downloader(api.client(), TOKEN).fetch(offered(api), tmp_path / "plan.pdf")
    assert caught.value.slug == "transfer-deleted"
    assert list(tmp_path.iterdir()) == []


def test_a_file_keeps_its_modification_date(api: FakeApi, tmp_path: Path) -> None:
    answer_with_date(api, "Mon, 14 Jul 2025 08:30:00 GMT")
    target = Downloader(api.client(), TOKEN).fetch(offered(api), tmp_path / "plan.pdf")
    assert target.stat().st_mtime == datetime(2025, 7, 14, 8, 30, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("date", ["yesterday", "Mon, 01 Jan 9999 99:00:00 GMT", ""])
def test_an_invalid_date_is_ignored(api: FakeApi, tmp_path: Path, date: str) -> None:
    answer_with_date(api, date)
    assert Downloader(api.client(), TOKEN).fetch(offered(api), tmp_path / "plan.pdf").read_bytes() == WHOLE
