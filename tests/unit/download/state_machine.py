"""A link against a model that adds up bytes: from all that ever left, no more than three whole copies can be made.

Whatever people do with files, archives, tails, repeats and broken lines, in whatever order, and whenever a process
dies.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.contracts.download import FileDownloaded
from services.contracts.values import FileSummary
from services.download.domain import archiving
from services.download.domain.archive import ArchiveContents
from services.download.domain.attempts import ArchiveAttempt, DownloadAttempt, FileAttempt
from services.download.domain.coverage import SMALL_BYTES, copies
from services.download.domain.gets import MIB, GetProgress, GetStart
from services.download.domain.link import Link
from services.download.domain.ranges import without
from services.download.domain.refusals import (
    DownloadAlreadyDone,
    DownloadsExhausted,
    DownloadSpent,
    DownloadsRunning,
    DownloadStillRunning,
)
from services.kit.events import Event

LINES = {
    "large": FileSummary(path="large", size_bytes=20 * MIB),
    "small": FileSummary(path="small", size_bytes=2 * MIB),
}
BEGINS = {"large": MIB, "small": 22 * MIB}
BUNDLE = ArchiveContents(LINES, BEGINS, 25 * MIB)
"""Everything is counted in MiB: an archive's headers have one each, as if they were so long."""
REFUSED = (DownloadsExhausted, DownloadsRunning, DownloadAlreadyDone, DownloadSpent, DownloadStillRunning)
SCOPES = st.sampled_from(["large", "small", "archive"])
IDS = st.sampled_from("abcde")
Rule = Callable[[Link, datetime], tuple[Link, list[Event]]]


class Key(NamedTuple):
    """A download: what it is for, and its id."""

    scope: str
    id: str

    @property
    def attempt(self) -> DownloadAttempt:
        if self.scope == "archive":
            return ArchiveAttempt(BUNDLE, self.id)
        return FileAttempt(LINES[self.scope], self.scope, self.id)

    @property
    def windows(self) -> dict[str, range]:
        """The files in it, and which of its MiB are theirs."""
        if self.scope != "archive":
            return {self.scope: range(LINES[self.scope].size_bytes // MIB)}
        return {file: range(at // MIB, (at + LINES[file].size_bytes) // MIB) for file, at in BEGINS.items()}


@dataclass
class Line:
    """A GET that runs: how far it handed out, and how far that is booked and reserved, in MiB."""

    key: Key
    get: str
    start: int
    stop: int
    at: int
    booked: int
    reserved: int


class LinkMachine(RuleBasedStateMachine):
    """`out` is the oracle: how often each MiB of a file really left, also where nobody has booked it yet."""

    limit = 3

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[Key, Counter[int]] = {}
        self.out: dict[str, Counter[int]] = {file: Counter() for file in LINES}
        self.lines: list[Line] = []
        self.announced: Counter[str] = Counter()
        self.gets = 0

    def apply(self, change: Rule) -> Link:
        """Apply a rule to the link under test."""
        raise NotImplementedError

    def current(self) -> tuple[Link, datetime]:
        """The link under test and its time."""
        raise NotImplementedError

    def wait(self, by: timedelta) -> None:
        """Let time pass for the link under test."""
        raise NotImplementedError

    @rule(scope=SCOPES, id=IDS)
    def start(self, scope: str, id: str) -> None:
        self.started(Key(scope, id))

    def started(self, key: Key) -> bool:
        if key.scope == "archive":
            return self.tried(lambda link, now: archiving.start(link, BUNDLE, key.id, now))
        return self.tried(lambda link, now: link.start(LINES[key.scope], key.scope, key.id, now))

    @rule(scope=SCOPES, id=IDS, start=st.integers(0, 24), count=st.integers(1, 25), whole=st.booleans())
    def get(self, scope: str, id: str, start: int, count: int, whole: bool) -> None:
        """A GET begins: of everything, or of a range."""
        key = Key(scope, id)
        size = key.attempt.size_bytes // MIB
        if key in self.sent or self.started(key):
            self.begin(key, 0 if whole else start % size, size if whole else min(size, start % size + count))

    def begin(self, key: Key, start: int, stop: int) -> Line | None:
        self.gets += 1
        begun = GetStart(f"{self.gets:04}", (start * MIB, stop * MIB), start * MIB + 1)
        self.sent.setdefault(key, Counter())
        if not self.tried(lambda link, now: key.attempt.fetch(link, begun, now)):
            return None
        line = Line(key, begun.get, start, stop, start, start, self.reserved(key, begun.get))
        self.lines.append(line)
        return line

    def reserved(self, key: Key, get: str) -> int:
        """How far a GET may hand out, in whole MiB; nothing when it may not go on."""
        found = key.attempt.found(self.current()[0])
        return found.gets[get].stop // MIB if found and get in found.gets else 0

    @rule(data=st.data(), count=st.integers(1, 25))
    def hand_out(self, data: st.DataObject, count: int) -> None:
        """A running GET hands out what comes next, and asks for more when that is not reserved."""
        if self.lines:
            self.hand(data.draw(st.sampled_from(self.lines)), count)

    def hand(self, line: Line, count: int) -> None:
        for _ in range(min(count, line.stop - line.at)):
            if line.at >= line.reserved and not self.record(line):
                return
            self.leaves(line)

    def leaves(self, line: Line) -> None:
        """One MiB leaves."""
        self.counts(line.key, line.at, 1)
        self.sent[line.key][line.at] += 1
        line.at += 1

    def counts(self, key: Key, at: int, change: int) -> None:
        """Of a small file a byte counts once when it leaves three times in one download."""
        again = 1 <= self.sent[key][at] < 3
        for file, window in key.windows.items():
            if at in window and not (again and LINES[file].size_bytes <= SMALL_BYTES):
                self.out[file][at - window.start] += change

    def record(self, line: Line) -> bool:
        """A record on the way; the GET is cut when it may not go on."""
        needs, arrived = (line.at + 1) * MIB, max(line.start, line.at - 4) * MIB
        if line.at == line.stop:
            needs = 0
        progress = GetProgress(line.get, line.at * MIB, arrived, needs, line.stop * MIB)
        self.apply(lambda link, now: line.key.attempt.progress(link, progress, now))
        line.booked, line.reserved = line.at, self.reserved(line.key, line.get)
        if line.at < line.reserved:
            return True
        self.end(line, well=False)
        return False

    def all_handed_over(self, line: Line) -> None:
        """Everything is booked while it is waited for that it arrives."""
        progress = GetProgress(
            line.get, line.at * MIB, max(line.start, line.at - 4) * MIB, line.at * MIB + 1, line.at * MIB
        )
        self.apply(lambda link, now: line.key.attempt.progress(link, progress, now))
        line.booked = line.at

    def end(self, line: Line, *, well: bool) -> None:
        whole = well and line.at == line.stop
        arrived = line.at if whole else max(line.start, line.at - 4)
        progress = GetProgress(line.get, line.at * MIB, arrived * MIB)
        self.apply(lambda link, now: line.key.attempt.progress(link, progress, now))
        if line in self.lines:
            self.lines.remove(line)

    @rule(data=st.data(), well=st.booleans())
    def get_ends(self, data: st.DataObject, well: bool) -> None:
        if self.lines:
            self.end(data.draw(st.sampled_from(self.lines)), well=well)

    @rule(data=st.data())
    def process_dies(self, data: st.DataObject) -> None:
        """What it sent since its last record is forgotten, in the recipient's favour (rule 3)."""
        if not self.lines:
            return
        line = data.draw(st.sampled_from(self.lines))
        self.lines.remove(line)
        for at in range(line.booked, line.at):
            self.sent[line.key][at] -= 1
            self.counts(line.key, at, -1)

    @rule(scope=SCOPES, id=IDS)
    def give_back(self, scope: str, id: str) -> None:
        if scope == "archive":
            self.apply(lambda link, now: archiving.give_back(link, id, now))
        else:
            self.apply(lambda link, now: link.give_back(LINES[scope], scope, id, now))

    @rule(seconds=st.sampled_from([1, 85, 1800]))
    def pass_time(self, seconds: int) -> None:
        """Running GETs record as they go on: no reservation lapses while its process lives."""
        for _ in range(0, seconds, 85):
            self.wait(timedelta(seconds=min(85, seconds)))
            for line in [*self.lines]:
                if line.at < line.stop:
                    self.record(line)
                else:
                    self.all_handed_over(line)

    @rule()
    def settle(self) -> None:
        self.apply(lambda link, now: link.settle(now))

    @invariant()
    def three_means_three(self) -> None:
        for file, line in LINES.items():
            assert min(self.out[file][at] for at in range(line.size_bytes // MIB)) <= self.limit

    @invariant()
    def what_is_counted_is_what_left(self) -> None:
        """RecordedDownload bytes are counted, and no others but the last MiB of a process that died there."""
        link, _ = self.current()
        for file in link.quotas:
            least = min(self.booked(file, at) for at in range(LINES[file].size_bytes // MIB))
            quota = link.quotas[file]
            assert copies(quota.size_bytes, quota.coverage) >= min(least, self.limit + 1)
            assert sum(one.state == "done" for one in quota.downloads.values()) <= self.limit

    def booked(self, file: str, at: int) -> int:
        """How often one MiB of a file left and is booked."""
        open_ones = 0
        for line in self.lines:
            window = line.key.windows.get(file)
            open_ones += window is not None and line.booked <= at + window.start < line.at
        return self.out[file][at] - open_ones

    def tried(self, change: Rule) -> bool:
        try:
            self.apply(change)
        except REFUSED:
            return False
        return True

    def heard(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, FileDownloaded):
                self.announced[event.file.path] += 1

    def leased(self) -> list[Key]:
        """The downloads that have a lease, and have not carried too much."""
        link, now = self.current()
        found = [(key, key.attempt.found(link)) for key in self.sent]
        return [key for key, one in found if one and one.state_at(now) == "running" and not one.spent]

    def goes_on_to_its_end(self, key: Key) -> None:
        """Whoever has a lease gets every byte that has not left under it."""
        assert self.started(key)
        found = key.attempt.found(self.current()[0])
        assert found is not None
        for start, stop in without(found.whole, found.left) if found.state == "running" else ():
            got = self.begin(key, start // MIB, -(-stop // MIB))
            assert got is not None
            self.hand(got, got.stop)
            assert got.at == got.stop
            self.end(got, well=True)

    def teardown(self) -> None:
        """Each download that counts was announced once, and whoever is owed a copy gets it whole."""
        for line in [*self.lines]:
            self.end(line, well=True)
        leased = self.leased()
        self.wait(timedelta(seconds=90))  # until then, what a process that died had reserved is withheld
        self.settle()
        for key in leased:
            self.goes_on_to_its_end(key)
        self.three_means_three()
        self.wait(timedelta(hours=1))
        link = self.apply(lambda link, now: link.settle(now))
        for file, known in LINES.items():
            _, now = self.current()
            left = link.quota(known, file).left(now)
            for number in range(left):
                key = Key(file, f"last {number}")
                assert self.started(key)
                got = self.begin(key, 0, known.size_bytes // MIB)
                assert got is not None
                self.hand(got, got.stop)
                self.end(got, well=True)
                found = key.attempt.found(self.current()[0])
                assert found is not None
                assert found.state == "done"
            assert not self.started(Key(file, "one more"))
            done = sum(one.state == "done" for one in self.current()[0].quotas[file].downloads.values())
            assert self.announced[file] == done
