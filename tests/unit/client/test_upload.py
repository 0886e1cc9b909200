"""Upload a file: parts, retries, resuming, expired capabilities and sessions."""

import itertools
import os
import random
import threading
import zlib
from pathlib import Path

import httpx
import pytest

from client.errors import FileChanged, Problem
from client.progress import ProgressListener, ProgressSum
from client.sources import SourceFile, file_id
from client.upload import Uploader
from tests.fakes.api.app import FakeApi
from tests.fakes.api.cards import KEY, TOKEN, empty_draft
from tests.fakes.api.description import not_ours
from tests.fakes.api.problems import problem, problem_of_part

DRAFT = "0190d6a8-0000-7000-8000-000000000001"


@pytest.fixture(autouse=True)
def _begun(api: FakeApi) -> None:
    api.upload.drafts[DRAFT] = empty_draft(DRAFT)


def a_file(folder: Path, size_bytes: int, name: str = "plan.pdf") -> SourceFile:
    path = folder / name
    path.write_bytes(random.Random(size_bytes).randbytes(size_bytes))
    return SourceFile(path, name)


def sent(api: FakeApi, source: SourceFile) -> bytes:
    return api.upload.whole(file_id(DRAFT, source.name))


def bad_gateway() -> httpx.Response:
    return not_ours(httpx.Response(502), "a proxy on the way cannot reach the gateway")


@pytest.mark.parametrize("size_bytes", [0, 1, 999, 1000, 1001, 10_500])
def test_a_file_of_any_size_arrives_unchanged(api: FakeApi, tmp_path: Path, size_bytes: int) -> None:
    source = a_file(tmp_path, size_bytes)
    heard: list[int] = []
    Uploader(api.client(), listener=ProgressSum(heard.append)).send(DRAFT, source)
    assert sent(api, source) == source.path.read_bytes()
    assert sum(heard) == size_bytes


def test_each_part_carries_its_crc32(api: FakeApi, tmp_path: Path) -> None:
    told: dict[str, int] = {}

    def note(request: httpx.Request) -> None:
        if request.url.path.startswith("/parts/"):
            told[request.headers["x-part-crc32"]] = zlib.crc32(request.content)

    api.faults.append(note)
    Uploader(api.client()).send(DRAFT, a_file(tmp_path, 2500))
    assert len(told) == 3
    assert all(int(said, 16) == real for said, real in told.items())


def test_a_part_is_sent_again_after_a_transient_failure(api: FakeApi, tmp_path: Path) -> None:
    failures: list[httpx.Response | Exception] = [
        httpx.ConnectError("down"),
        problem_of_part("store-unavailable", retry_after="5"),
        bad_gateway(),
    ]

    def fault(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.startswith("/parts/") or not failures:
            return None
        failure = failures.pop()
        if isinstance(failure, Exception):
            raise failure
        return failure

    api.faults.append(fault)
    source = a_file(tmp_path, 900)
    Uploader(api.client()).send(DRAFT, source)
    assert sent(api, source) == source.path.read_bytes()
    assert len(api.pauses) == 3
    assert max(api.pauses) >= 5, "the service's Retry-After is honoured"


def test_a_final_refusal_is_raised_at_once(api: FakeApi, tmp_path: Path) -> None:
    api.faults.append(lambda request: problem("file-too-large") if request.method == "PUT" else None)
    with pytest.raises(Problem) as caught:
        Uploader(api.client()).send(DRAFT, a_file(tmp_path, 10))
    assert (caught.value.status, caught.value.slug) == (413, "file-too-large")
    assert api.pauses == []


def test_a_resumed_upload_sends_only_the_missing_parts(api: FakeApi, tmp_path: Path) -> None:
    source = a_file(tmp_path, 9_500)

    def cut_at_part_7(request: httpx.Request) -> httpx.Response | None:
        return problem_of_part("forbidden") if "/7/" in request.url.path else None

    api.faults.append(cut_at_part_7)
    with pytest.raises(Problem):
        Uploader(api.client(), parallel=1).send(DRAFT, source)
    assert sorted(api.upload.puts) == [1, 2, 3, 4, 5, 6]
    api.faults.clear()
    heard: list[int] = []
    Uploader(api.client(), listener=ProgressSum(heard.append)).send(DRAFT, source)
    assert sent(api, source) == source.path.read_bytes()
    assert all(times == 1 for times in api.upload.puts.values())
    assert sum(heard) == 9_500


class RecordingListener(ProgressListener):
    """Records what it is called with."""

    def __init__(self) -> None:
        self.changes: list[tuple[str, str]] = []
        self.position = 0
        self.there = 0
        self.lock = threading.Lock()

    def resumed(self, size_bytes: int) -> None:
        with self.lock:
            self.position += size_bytes
            self.there += size_bytes

    def transferred(self, size_bytes: int) -> None:
        with self.lock:
            self.position += size_bytes

    def changed(self, name: str, what: str) -> None:
        self.changes.append((name, what))


@pytest.mark.parametrize("is_complete", [True, False])
@pytest.mark.parametrize(
    ("content", "heard"),
    [(b"y" * 3_000, ["date", "digest"]), (b"y" * 2_999, ["size"]), (b"x" * 2_000 + b"y" * 1_000, ["date", "digest"])],
)
def test_a_file_that_has_changed_is_sent_as_it_is_now(
    api: FakeApi, tmp_path: Path, content: bytes, heard: list[str], is_complete: bool
) -> None:
    source = SourceFile(tmp_path / "plan.pdf", "plan.pdf")
    source.path.write_bytes(b"x" * 3_000)
    os.utime(source.path, (1, 1))
    Uploader(api.client()).send(DRAFT, source)
    if not is_complete:
        file = file_id(DRAFT, source.name)
        api.upload.file(DRAFT, file).update(state="receiving", sha256=None, crc32=None)
        del api.upload.parts[file][1]
    source.path.write_bytes(content)
    listener = RecordingListener()
    Uploader(api.client(), listener=listener).send(DRAFT, source)
    assert sent(api, source) == content
    assert [what for _, what in listener.changes] == heard
    assert listener.position == len(content)


def test_a_file_with_only_a_new_date_is_not_sent_again(api: FakeApi, tmp_path: Path) -> None:
    source = a_file(tmp_path, 5_000)
    Uploader(api.client()).send(DRAFT, source)
    os.utime(source.path, (1, 1))
    listener = RecordingListener()
    Uploader(api.client(), listener=listener).send(DRAFT, source)
    assert listener.changes == [("plan.pdf", "date")]
    assert listener.there == 5_000
    assert set(api.upload.puts.values()) == {1}


def test_bytes_that_were_sent_in_vain_are_subtracted(api: FakeApi, tmp_path: Path) -> None:
    failures = [bad_gateway(), bad_gateway()]
    api.faults.append(lambda request: failures.pop() if "/parts/" in request.url.path and failures else None)
    listener = RecordingListener()
    Uploader(api.client(), listener=listener).send(DRAFT, a_file(tmp_path, 3_500))
    assert listener.position == 3_500


def test_a_refused_file_stops_the_others_before_their_first_byte(api: FakeApi, tmp_path: Path) -> None:
    files = [a_file(tmp_path, 1_000, f"{number}.txt") for number in range(20)]
    bad = file_id(DRAFT, "7.txt")
    api.faults.append(lambda request: problem("extension-refused") if bad in request.url.path else None)
    with pytest.raises(Problem) as caught:
        Uploader(api.client()).send_all(DRAFT, files)
    assert caught.value.slug == "extension-refused"
    assert api.upload.puts == {}


def test_files_are_sent_in_parallel_and_returned_in_their_order(api: FakeApi, tmp_path: Path) -> None:
    files = [a_file(tmp_path, 10 * number, f"{number}.txt") for number in range(63)]
    meeting, leave_partial_file = threading.Barrier(4), itertools.count(1)

    def meet_from_the_fourth_on(request: httpx.Request) -> None:
        if request.url.path.startswith("/parts/") and next(leave_partial_file) > 3:
            meeting.wait(10)

    api.faults.append(meet_from_the_fourth_on)
    answers = Uploader(api.client(), parallel=4).send_all(DRAFT, files)
    assert [answer.file for answer in answers] == [file_id(DRAFT, file.name) for file in files]
    assert all(sent(api, file) == file.path.read_bytes() for file in files)


def test_an_expired_capability_is_replaced(api: FakeApi, tmp_path: Path) -> None:
    def run_out(request: httpx.Request) -> None:
        if "/3/" in request.url.path and api.upload.capability == 1:
            api.upload.capability = 2

    api.faults.append(run_out)
    source = a_file(tmp_path, 8_000)
    Uploader(api.client(), parallel=3).send(DRAFT, source)
    assert sent(api, source) == source.path.read_bytes()


def test_parts_that_the_service_lost_are_sent_again(api: FakeApi, tmp_path: Path) -> None:
    source = a_file(tmp_path, 5_000)
    lost: list[int] = []

    def lose_part_4(request: httpx.Request) -> None:
        if request.url.path.endswith("/completion") and not lost:
            lost.append(4)
            del api.upload.parts[file_id(DRAFT, source.name)][4]

    api.faults.append(lose_part_4)
    Uploader(api.client()).send(DRAFT, source)
    assert sent(api, source) == source.path.read_bytes()
    assert api.upload.puts[4] == 2


@pytest.mark.parametrize("lost_at", ["/parts/", "/1/", "/3/", "/completion"])
def test_a_file_that_the_store_discarded_is_sent_again_from_the_start(
    api: FakeApi, tmp_path: Path, lost_at: str
) -> None:
    source = a_file(tmp_path, 5_000)
    id, losses = file_id(DRAFT, source.name), [lost_at]

    def discard(request: httpx.Request) -> None:
        if losses and losses[0] in request.url.path:
            losses.pop()
            api.upload.lost.add(id)

    api.faults.append(discard)
    listener = RecordingListener()
    Uploader(api.client(), listener=listener).send(DRAFT, source)
    assert sent(api, source) == source.path.read_bytes()
    assert listener.position == 5_000
    assert listener.changes == [(source.name, "lost")]


def test_a_file_that_the_store_discarded_between_two_attempts_is_reported_as_sent_again(
    api: FakeApi, tmp_path: Path
) -> None:
    source = a_file(tmp_path, 5_000)
    api.faults.append(lambda request: problem_of_part("forbidden") if "/4/" in request.url.path else None)
    with pytest.raises(Problem):
        Uploader(api.client(), parallel=1).send(DRAFT, source)
    api.faults.clear()
    api.upload.lost.add(file_id(DRAFT, source.name))
    listener = RecordingListener()
    Uploader(api.client(), listener=listener).send(DRAFT, source)
    assert sent(api, source) == source.path.read_bytes()
    assert (listener.changes, listener.there) == ([(source.name, "lost")], 0)


def test_a_session_is_renewed_while_one_part_takes_longer_than_its_life(api: FakeApi, tmp_path: Path) -> None:
    api.auth.session_seconds = 0
    client = api.client()
    session = client.open_session(TOKEN, KEY, "Lovelace", "Ada")
    assert session.role == "external"
    renewed = threading.Event()
    client.transport.on_session = lambda session: renewed.set()

    def a_slow_part(request: httpx.Request) -> None:
        if request.url.path.startswith("/parts/"):
            assert renewed.wait(10)

    api.faults.append(a_slow_part)
    Uploader(client).send(DRAFT, a_file(tmp_path, 900))
    assert len(api.auth.tokens) > 1
    assert client.transport.token == api.auth.tokens[-1]


@pytest.mark.parametrize("content", [b"short", b"x" * 2_501, b"x" * 2_500])
def test_a_file_that_is_written_to_during_the_upload_is_refused(api: FakeApi, tmp_path: Path, content: bytes) -> None:
    source = a_file(tmp_path, 2_500)
    os.utime(source.path, (1, 1))

    def write(request: httpx.Request) -> None:
        if request.method == "PUT":
            source.path.write_bytes(content)

    api.faults.append(write)
    with pytest.raises(FileChanged):
        Uploader(api.client(), parallel=1).send(DRAFT, source)
