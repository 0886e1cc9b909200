"""One download whose GETs are recorded by `ProgressRecorder`, and the bytes that its client really received."""

from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, TypeVar

from services.contracts.download import FileDownloaded
from services.contracts.values import FileSummary
from services.download.domain.archive import ArchiveContents
from services.download.domain.download import LAST_BYTES, Download
from services.download.domain.link import ArchiveAttempt, Decision, DownloadAttempt, FileAttempt, Link
from services.download.domain.ranges import Ranges, merged, total_bytes
from services.download.domain.refusals import DownloadsExhausted, DownloadsRunning
from services.download.streaming.progress_recorder import NoLongerAllowed, ProgressRecorder
from tests.fakes.mongo import FakeRepository
from tests.unit.download.link_driver import MIB, START, new_link

CHUNK_BYTES = 8 * MIB
SIZE = 100 * MIB  # so that a GET of the whole is recorded once on the way
FILE = FileSummary(path="a.zip", size_bytes=SIZE)
ATTEMPTS: dict[str, DownloadAttempt] = {
    "file": FileAttempt(FILE, "f", "mine"),
    "archive": ArchiveAttempt(ArchiveContents({"f": FILE}, {"f": 0}, SIZE), "mine"),
}
OTHERS = ("b", "c", "d")
Found = TypeVar("Found")


class OpenGet:
    """One GET from a byte to the end: where it begins, how far its client has it, and who keeps the connection open."""

    def __init__(self, recorder: ProgressRecorder, start: int) -> None:
        self.recorder = recorder
        self.start = self.received = start
        self.is_read = True
        self.is_served = True


class RecordedDownload:
    """The download; `received` is the oracle."""

    def __init__(self, attempt: DownloadAttempt) -> None:
        self.attempt = attempt
        self.links: FakeRepository[Link] = FakeRepository(START)
        self.received: Ranges = ()
        self.gets: list[OpenGet] = []
        _run(self.links.add(new_link()))

    @property
    def download(self) -> Download | None:
        """As it is stored."""
        return self.attempt.find(_run(self.links.get("l")))

    @property
    def is_done(self) -> bool:
        """It counts as one of the three."""
        return self.download is not None and self.download.state_at(self.links.now) == "done"

    @property
    def announced(self) -> int:
        """How often the sender was told of it."""
        return sum(isinstance(event, FileDownloaded) for event in self.links.events)

    @property
    def is_received(self) -> bool:
        """The client has every byte."""
        return total_bytes(self.received) == SIZE

    @property
    def is_nearly_handed_out(self) -> bool:
        """All but the last MiB, where sent and received cannot be told apart, was really handed out."""
        handed_out = merged(*((get.start, get.recorder.position) for get in self.gets))
        return SIZE - total_bytes(handed_out) <= LAST_BYTES

    @property
    def first_missing(self) -> int:
        """Where a client goes on that has everything before."""
        return self.received[0][1] if self.received and self.received[0][0] == 0 else 0

    def get(self, start: int) -> OpenGet:
        """Ask for everything from this byte on; refuses as the service does."""
        links, revocations = SimpleNamespace(all=self.links), SimpleNamespace(is_open=_always)
        recorder = ProgressRecorder(links, revocations, "l", self.attempt, (start, SIZE))  # type: ignore[arg-type]
        _run(recorder.begin())
        self.gets.append(OpenGet(recorder, start))
        return self.gets[-1]

    def hand(self, get: OpenGet, upto: int) -> None:
        """Hand out what comes before this byte, or end the response if it may not go on."""
        try:
            while get.recorder.position < upto:
                chunk_bytes = min(CHUNK_BYTES, upto - get.recorder.position)
                _run(get.recorder.before_send(chunk_bytes))
                get.recorder.position += chunk_bytes
        except NoLongerAllowed:
            self.end(get)

    def receive(self, get: OpenGet, upto: int) -> None:
        """Receive what comes before this byte, as far as it was handed out."""
        get.received = min(upto, get.recorder.position)
        self.received = merged(*self.received, (get.start, get.received))

    def leave(self, get: OpenGet) -> None:
        """Close the connection, or let it break; the service does not know yet."""
        get.is_read = False

    def end(self, get: OpenGet) -> None:
        """Let the service record the end: a good one if the client was there until the last byte."""
        if get.is_read and get.recorder.position == SIZE:
            self.receive(get, SIZE)
            _run(get.recorder.on_success())
        else:
            _run(get.recorder.on_abort())
        get.is_read = get.is_served = False

    def give_back(self) -> None:
        """Give the download up."""
        self._apply(self.attempt.give_back)

    def others_start(self) -> None:
        """Other downloads take every lease that is free."""
        with suppress(DownloadsExhausted, DownloadsRunning):
            for id in OTHERS:
                self._apply(FileAttempt(FILE, "f", id).start)

    def others_give_back(self) -> None:
        """And give them back."""
        for id in OTHERS:
            self._apply(FileAttempt(FILE, "f", id).give_back)

    def pass_time(self, by: timedelta) -> None:
        """Let time pass, and let the sweeper look."""
        self.links.now += by
        self._apply(lambda link, now: link.settle(now))

    def _apply(self, change: Callable[[Link, datetime], Decision]) -> None:
        _run(self.links.update("l", change))


async def _always(_key: object) -> bool:
    return True


def _run(what: Coroutine[Any, Any, Found]) -> Found:
    """The result of a coroutine that never waits."""
    try:
        what.send(None)
    except StopIteration as end:
        found: Found = end.value
        return found
    raise AssertionError("it waits for something")
