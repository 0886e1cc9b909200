"""The congestion window, and uploads over a connection that breaks again and again."""

import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from client.congestion import PARTS_PER_INCREMENT, CongestionWindow
from client.errors import Problem, UploadStopped
from client.sources import file_id
from client.upload import Uploader
from tests.fakes.api.app import FakeApi
from tests.fakes.api.cards import empty_draft
from tests.fakes.api.description import not_ours
from tests.unit.client.test_upload import DRAFT, a_file


class UnreliableConnection:
    """Carries so many bytes of parts, then drops the part in flight."""

    def __init__(self, carries_bytes: int) -> None:
        self.carries_bytes = carries_bytes
        self._left = carries_bytes
        self._lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> None:
        if not request.url.path.startswith("/parts/"):
            return
        with self._lock:
            self._left -= len(request.content)
            if self._left < 0:
                self._left = self.carries_bytes
                raise httpx.WriteError("cut")


@pytest.fixture(autouse=True)
def _begun(api: FakeApi) -> None:
    api.upload.drafts[DRAFT] = empty_draft(DRAFT)


def test_a_connection_that_carries_one_part_between_failures_completes_the_file(api: FakeApi, tmp_path: Path) -> None:
    api.faults.append(UnreliableConnection(1_200))
    source = a_file(tmp_path, 30_000)
    Uploader(api.client(attempts=3)).send(DRAFT, source)
    assert api.upload.whole(file_id(DRAFT, source.name)) == source.path.read_bytes()


def test_a_connection_that_carries_no_part_gets_smaller_parts_for_new_files(api: FakeApi, tmp_path: Path) -> None:
    api.upload.small_part_size_bytes = 600
    api.faults.append(UnreliableConnection(900))
    files = [a_file(tmp_path, 5_000 + number, f"{number}.txt") for number in range(3)]
    Uploader(api.client(attempts=4)).send_all(DRAFT, files)
    for file in files:
        assert api.upload.whole(file_id(DRAFT, file.name)) == file.path.read_bytes()


def test_a_connection_that_carries_nothing_ends_the_send(api: FakeApi, tmp_path: Path) -> None:
    api.faults.append(UnreliableConnection(0))
    with pytest.raises(httpx.WriteError):
        Uploader(api.client(attempts=3)).send(DRAFT, a_file(tmp_path, 5_000))


def test_a_part_that_a_captive_portal_accepted_is_sent_again(api: FakeApi, tmp_path: Path) -> None:
    html = [not_ours(httpx.Response(200, html="<p>Sign in to use this network</p>"), "a portal on the way")]
    api.faults.append(lambda request: html.pop() if "/parts/" in request.url.path and html else None)
    source = a_file(tmp_path, 3_000)
    Uploader(api.client()).send(DRAFT, source)
    assert api.upload.whole(file_id(DRAFT, source.name)) == source.path.read_bytes()


def nothing() -> None:
    """Send a part that arrives."""


def cut() -> None:
    raise httpx.WriteError("cut")


def busy() -> None:
    raise Problem(503, {})


def test_the_window_starts_at_one_part_and_grows_with_each_arrival() -> None:
    window = CongestionWindow(4)
    assert window.size == 1
    for size in (2, 3, 4, 4):
        window.run(nothing)
        assert window.size == size


@pytest.mark.parametrize("put", [cut, busy])
def test_a_failure_shrinks_the_window_to_one_part_and_it_grows_slowly(put: Callable[[], None]) -> None:
    window = CongestionWindow(4)
    for _ in range(4):
        window.run(nothing)
    with pytest.raises((httpx.WriteError, Problem)):
        window.run(put)
    assert window.size == 1
    window.run(nothing)
    assert window.size == 2, "half of what broke the line"
    for _ in range(PARTS_PER_INCREMENT - 1):
        window.run(nothing)
        assert window.size == 2
    window.run(nothing)
    assert window.size == 3


def test_parts_that_fail_together_count_as_one_failure() -> None:
    window = CongestionWindow(4)
    for _ in range(4):
        window.run(nothing)
    meeting = threading.Barrier(4)

    def fail() -> None:
        meeting.wait(10)
        raise httpx.WriteError("cut")

    def run() -> None:
        with pytest.raises(httpx.WriteError):
            window.run(fail)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert (window.size, window.failures_since_arrival) == (1, 1)


def test_a_refusal_does_not_shrink_the_window() -> None:
    window = CongestionWindow(4)
    window.run(nothing)

    def refused() -> None:
        raise Problem(409, {})

    with pytest.raises(Problem):
        window.run(refused)
    assert (window.size, window.failures_since_arrival) == (2, 0)


def test_a_waiting_part_is_released_when_the_window_is_stopped() -> None:
    window = CongestionWindow(1)

    def stop_with_another_waiting() -> None:
        window.stop()
        with pytest.raises(UploadStopped):
            window.run(nothing)

    window.run(stop_with_another_waiting)
