"""A line that breaks again and again: what it carries between two breaks arrives and counts."""

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


class NarrowLine:
    """Carries so many bytes of parts, then drops the part that is under way."""

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


def test_a_line_that_carries_one_part_between_two_breaks_brings_the_file_there(api: FakeApi, tmp_path: Path) -> None:
    api.faults.append(NarrowLine(1_200))
    source = a_file(tmp_path, 30_000)
    Uploader(api.client(attempts=3)).send(DRAFT, source)
    assert api.upload.whole(file_id(DRAFT, source.name)) == source.path.read_bytes()


def test_a_line_that_carries_no_part_gets_smaller_ones_for_what_has_not_begun(api: FakeApi, tmp_path: Path) -> None:
    api.upload.small_part_size_bytes = 600
    api.faults.append(NarrowLine(900))
    files = [a_file(tmp_path, 5_000 + number, f"{number}.txt") for number in range(3)]
    Uploader(api.client(attempts=4)).send_all(DRAFT, files)
    for file in files:
        assert api.upload.whole(file_id(DRAFT, file.name)) == file.path.read_bytes()


def test_a_line_that_carries_nothing_ends_the_send(api: FakeApi, tmp_path: Path) -> None:
    api.faults.append(NarrowLine(0))
    with pytest.raises(httpx.WriteError):
        Uploader(api.client(attempts=3)).send(DRAFT, a_file(tmp_path, 5_000))


def test_a_part_that_something_else_took_is_sent_again(api: FakeApi, tmp_path: Path) -> None:
    html = [not_ours(httpx.Response(200, html="<p>Sign in to use this network</p>"), "a portal on the way")]
    api.faults.append(lambda request: html.pop() if "/parts/" in request.url.path and html else None)
    source = a_file(tmp_path, 3_000)
    Uploader(api.client()).send(DRAFT, source)
    assert api.upload.whole(file_id(DRAFT, source.name)) == source.path.read_bytes()


def nothing() -> None:
    """A part that arrives."""


def cut() -> None:
    raise httpx.WriteError("cut")


def busy() -> None:
    raise Problem(503, {})


def test_one_part_goes_first_and_more_as_they_arrive() -> None:
    window = CongestionWindow(4)
    assert window.size == 1
    for size in (2, 3, 4, 4):
        window.run(nothing)
        assert window.size == size


@pytest.mark.parametrize("put", [cut, busy])
def test_a_break_leaves_one_part_at_a_time_and_more_come_back_slowly(put: Callable[[], None]) -> None:
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


def test_parts_that_fail_together_are_one_break() -> None:
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


def test_a_refusal_is_no_break() -> None:
    window = CongestionWindow(4)
    window.run(nothing)

    def refused() -> None:
        raise Problem(409, {})

    with pytest.raises(Problem):
        window.run(refused)
    assert (window.size, window.failures_since_arrival) == (2, 0)


def test_whoever_waits_for_a_turn_is_let_go_when_all_is_stopped() -> None:
    window = CongestionWindow(1)

    def stop_with_another_waiting() -> None:
        window.stop()
        with pytest.raises(UploadStopped):
            window.run(nothing)

    window.run(stop_with_another_waiting)
