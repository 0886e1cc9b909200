"""One download whose GETs are booked by the service's own journal, and the bytes that its reader really received."""

from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, TypeVar

from services.contracts.download import FileDownloaded
from services.contracts.values import FileSummary
from services.download.domain import archiving
from services.download.domain.archive import ArchiveContents
from services.download.domain.attempts import ArchiveAttempt, DownloadAttempt, FileAttempt
from services.download.domain.download import Download
from services.download.domain.gets import LAST_BYTES
from services.download.domain.link import Decision, Link
from services.download.domain.ranges import Ranges, covered, merged
from services.download.domain.refusals import DownloadsExhausted, DownloadsRunning
from services.download.streaming.progress_recorder import NoLongerAllowed, ProgressRecorder
from tests.fakes.mongo import FakeRepository
from tests.unit.download.link_driver import MIB, START, new_link

CHUNK_BYTES = 8 * MIB
SIZE = 100 * MIB  # so that a GET of the whole is recorded once on the way
LINE = FileSummary(path="a.zip", size_bytes=SIZE)
ATTEMPTS: dict[str, DownloadAttempt] = {
    "file": FileAttempt(LINE, "f", "mine"),
    "archive": ArchiveAttempt(ArchiveContents({"f": LINE}, {"f": 0}, SIZE), "mine"),
}
OTHERS = ("b", "c", "d")
Found = TypeVar("Found")


class RunningGet:
    """One GET from a byte to the end: where it begins, how far its reader has it, and who still has the line open."""

    def __init__(self, journal: ProgressRecorder, start: int) -> None:
        self.journal = journal
        self.start = self.received = start
        self.is_read = True
        self.is_served = True


class RecordedDownload:
    """The download; `received` is the oracle."""

    def __init__(self, attempt: DownloadAttempt) -> None:
        self.attempt = attempt
        self.links: FakeRepository[Link] = FakeRepository(START)
        self.received: Ranges = ()
        self.gets: list[RunningGet] = []
        _run(self.links.add(new_link()))

    @property
    def download(self) -> Download | None:
        """As it is stored."""
        return self.attempt.found(_run(self.links.get("l")))

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
        """The reader has every byte."""
        return covered(self.received) == SIZE

    @property
    def is_nearly_handed(self) -> bool:
        """All but the last bytes, where sent and received cannot be told apart, really went into the line."""
        handed = merged(*((get.start, get.journal.position) for get in self.gets))
        return SIZE - covered(handed) <= LAST_BYTES

    @property
    def first_missing(self) -> int:
        """Where a reader goes on who has everything before."""
        return self.received[0][1] if self.received and self.received[0][0] == 0 else 0

    def get(self, start: int) -> RunningGet:
        """The reader asks for everything from this byte on; refuses as the service does."""
        links, judge = SimpleNamespace(all=self.links), SimpleNamespace(is_open=_always)
        journal = ProgressRecorder(links, judge, "l", self.attempt, (start, SIZE))  # type: ignore[arg-type]
        _run(journal.open())
        self.gets.append(RunningGet(journal, start))
        return self.gets[-1]

    def hand(self, get: RunningGet, upto: int) -> None:
        """The service hands over what comes before this byte, or ends the response if it may not go on."""
        try:
            while get.journal.position < upto:
                chunk_bytes = min(CHUNK_BYTES, upto - get.journal.position)
                _run(get.journal.before(chunk_bytes))
                get.journal.position += chunk_bytes
        except NoLongerAllowed:
            self.end(get)

    def receive(self, get: RunningGet, upto: int) -> None:
        """The reader receives what comes before this byte, as far as it was handed over."""
        get.received = min(upto, get.journal.position)
        self.received = merged(*self.received, (get.start, get.received))

    def leave(self, get: RunningGet) -> None:
        """The reader closes the line, or it breaks; the service does not know yet."""
        get.is_read = False

    def end(self, get: RunningGet) -> None:
        """The service notices the end and books it: a good one if the reader was there until the last byte."""
        if get.is_read and get.journal.position == SIZE:
            self.receive(get, SIZE)
            _run(get.journal.ended_well())
        else:
            _run(get.journal.broken())
        get.is_read = get.is_served = False

    def give_back(self) -> None:
        """The reader gives the download up."""
        if self.attempt is ATTEMPTS["file"]:
            self._apply(lambda link, now: link.give_back(LINE, "f", "mine", now))
        else:
            self._apply(lambda link, now: archiving.give_back(link, "mine", now))

    def others_start(self) -> None:
        """Other downloads take every lease that is free."""
        with suppress(DownloadsExhausted, DownloadsRunning):
            for id in OTHERS:
                self._apply(lambda link, now, id=id: link.start(LINE, "f", id, now))  # type: ignore[misc]

    def others_give_back(self) -> None:
        """And give them back."""
        for id in OTHERS:
            self._apply(lambda link, now, id=id: link.give_back(LINE, "f", id, now))  # type: ignore[misc]

    def pass_time(self, by: timedelta) -> None:
        """Let time pass, and let the sweeper look."""
        self.links.now += by
        self._apply(lambda link, now: link.settle(now))

    def _apply(self, change: Callable[[Link, datetime], Decision]) -> None:
        _run(self.links.update("l", change))


async def _always(_handed: object) -> bool:
    return True


def _run(what: Coroutine[Any, Any, Found]) -> Found:
    """The result of a coroutine that never waits."""
    try:
        what.send(None)
    except StopIteration as end:
        found: Found = end.value
        return found
    raise AssertionError("it waits for something")
