"""A link against a model that adds up bytes: no more than three whole copies can be made of all that was handed out.

That holds whatever clients do with files, archives, tails, repeats and broken connections, in whatever order, and
whenever a process dies.
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
from services.download.domain.archive import ArchiveContents
from services.download.domain.coverage import SMALL_BYTES, copies
from services.download.domain.download import MIB, GetProgress, GetStart
from services.download.domain.link import ArchiveAttempt, DownloadAttempt, FileAttempt, Link
from services.download.domain.ranges import without
from services.download.domain.refusals import (
    DownloadAlreadyDone,
    DownloadsExhausted,
    DownloadSpent,
    DownloadsRunning,
    DownloadStillRunning,
)
from services.kit.events import Event

FILES = {
    "large": FileSummary(path="large", size_bytes=20 * MIB),
    "small": FileSummary(path="small", size_bytes=2 * MIB),
}
OFFSETS = {"large": MIB, "small": 22 * MIB}
CONTENTS = ArchiveContents(FILES, OFFSETS, 25 * MIB)
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
            return ArchiveAttempt(CONTENTS, self.id)
        return FileAttempt(FILES[self.scope], self.scope, self.id)

    @property
    def windows(self) -> dict[str, range]:
        """The files in it, and which of its MiB are theirs."""
        if self.scope != "archive":
            return {self.scope: range(FILES[self.scope].size_bytes // MIB)}
        return {file: range(at // MIB, (at + FILES[file].size_bytes) // MIB) for file, at in OFFSETS.items()}


@dataclass
class ModelGet:
    """A running GET: how far it has handed out, and how far that is recorded and reserved, in MiB."""

    key: Key
    get: str
    start: int
    stop: int
    at: int
    recorded: int
    reserved: int


class LinkMachine(RuleBasedStateMachine):
    """`out` is the oracle: how often each MiB of a file was really handed out, recorded or not."""

    limit = 3

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[Key, Counter[int]] = {}
        self.out: dict[str, Counter[int]] = {file: Counter() for file in FILES}
        self.running: list[ModelGet] = []
        self.announced: Counter[str] = Counter()
        self.begun = 0

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
        return self.try_rule(key.attempt.start)

    @rule(scope=SCOPES, id=IDS, start=st.integers(0, 24), count=st.integers(1, 25), whole=st.booleans())
    def get(self, scope: str, id: str, start: int, count: int, whole: bool) -> None:
        """A GET begins: of everything, or of a range."""
        key = Key(scope, id)
        size = key.attempt.size_bytes // MIB
        if key in self.sent or self.started(key):
            self.begin(key, 0 if whole else start % size, size if whole else min(size, start % size + count))

    def begin(self, key: Key, start: int, stop: int) -> ModelGet | None:
        self.begun += 1
        begun = GetStart(f"{self.begun:04}", (start * MIB, stop * MIB), start * MIB + 1)
        self.sent.setdefault(key, Counter())
        if not self.try_rule(lambda link, now: key.attempt.fetch(link, begun, now)):
            return None
        get = ModelGet(key, begun.get, start, stop, start, start, self.reserved(key, begun.get))
        self.running.append(get)
        return get

    def reserved(self, key: Key, get: str) -> int:
        """How far a GET may hand out, in whole MiB; nothing when it may not go on."""
        found = key.attempt.find(self.current()[0])
        return found.gets[get].stop // MIB if found and get in found.gets else 0

    @rule(data=st.data(), count=st.integers(1, 25))
    def hand_out(self, data: st.DataObject, count: int) -> None:
        """A running GET hands out what comes next, and asks for more when that is not reserved."""
        if self.running:
            self.hand(data.draw(st.sampled_from(self.running)), count)

    def hand(self, get: ModelGet, count: int) -> None:
        for _ in range(min(count, get.stop - get.at)):
            if get.at >= get.reserved and not self.record(get):
                return
            self.hand_out_one(get)

    def hand_out_one(self, get: ModelGet) -> None:
        """Hand out one MiB."""
        self.count(get.key, get.at, 1)
        self.sent[get.key][get.at] += 1
        get.at += 1

    def count(self, key: Key, at: int, change: int) -> None:
        """Count one MiB; of a small file, one that is handed out up to three times in one download counts once."""
        again = 1 <= self.sent[key][at] < 3
        for file, window in key.windows.items():
            if at in window and not (again and FILES[file].size_bytes <= SMALL_BYTES):
                self.out[file][at - window.start] += change

    def record(self, get: ModelGet) -> bool:
        """A record on the way; the GET is cut when it may not go on."""
        needs, delivered = (get.at + 1) * MIB, max(get.start, get.at - 4) * MIB
        if get.at == get.stop:
            needs = 0
        progress = GetProgress(get.get, get.at * MIB, delivered, needs, get.stop * MIB)
        self.apply(lambda link, now: get.key.attempt.progress(link, progress, now))
        get.recorded, get.reserved = get.at, self.reserved(get.key, get.get)
        if get.at < get.reserved:
            return True
        self.end(get, well=False)
        return False

    def record_all_sent(self, get: ModelGet) -> None:
        """Record everything before waiting until it has arrived."""
        progress = GetProgress(get.get, get.at * MIB, max(get.start, get.at - 4) * MIB, get.at * MIB + 1, get.at * MIB)
        self.apply(lambda link, now: get.key.attempt.progress(link, progress, now))
        get.recorded = get.at

    def end(self, get: ModelGet, *, well: bool) -> None:
        whole = well and get.at == get.stop
        delivered = get.at if whole else max(get.start, get.at - 4)
        progress = GetProgress(get.get, get.at * MIB, delivered * MIB)
        self.apply(lambda link, now: get.key.attempt.progress(link, progress, now))
        if get in self.running:
            self.running.remove(get)

    @rule(data=st.data(), well=st.booleans())
    def get_ends(self, data: st.DataObject, well: bool) -> None:
        if self.running:
            self.end(data.draw(st.sampled_from(self.running)), well=well)

    @rule(data=st.data())
    def process_dies(self, data: st.DataObject) -> None:
        """What it sent since its last record is forgotten, in the recipient's favour (rule 3)."""
        if not self.running:
            return
        get = data.draw(st.sampled_from(self.running))
        self.running.remove(get)
        for at in range(get.recorded, get.at):
            self.sent[get.key][at] -= 1
            self.count(get.key, at, -1)

    @rule(scope=SCOPES, id=IDS)
    def give_back(self, scope: str, id: str) -> None:
        self.apply(Key(scope, id).attempt.give_back)

    @rule(seconds=st.sampled_from([1, 85, 1800]))
    def pass_time(self, seconds: int) -> None:
        """Running GETs record as they go on: no reservation lapses while its process lives."""
        for _ in range(0, seconds, 85):
            self.wait(timedelta(seconds=min(85, seconds)))
            for get in [*self.running]:
                if get.at < get.stop:
                    self.record(get)
                else:
                    self.record_all_sent(get)

    @rule()
    def settle(self) -> None:
        self.apply(lambda link, now: link.settle(now))

    @invariant()
    def three_means_three(self) -> None:
        for name, file in FILES.items():
            assert min(self.out[name][at] for at in range(file.size_bytes // MIB)) <= self.limit

    @invariant()
    def what_is_counted_is_what_was_handed_out(self) -> None:
        """Recorded bytes are counted, and no others but the last MiB of a process that died there."""
        link, _ = self.current()
        for file in link.quotas:
            least = min(self.recorded(file, at) for at in range(FILES[file].size_bytes // MIB))
            quota = link.quotas[file]
            assert copies(quota.size_bytes, quota.coverage) >= min(least, self.limit + 1)
            assert sum(one.state == "done" for one in quota.downloads.values()) <= self.limit

    def recorded(self, file: str, at: int) -> int:
        """Return how often one MiB of a file was handed out and is recorded."""
        open_ones = 0
        for get in self.running:
            window = get.key.windows.get(file)
            open_ones += window is not None and get.recorded <= at + window.start < get.at
        return self.out[file][at] - open_ones

    def try_rule(self, change: Rule) -> bool:
        try:
            self.apply(change)
        except REFUSED:
            return False
        return True

    def note_events(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, FileDownloaded):
                self.announced[event.file.path] += 1

    def leased(self) -> list[Key]:
        """The downloads that have a lease, and are not spent."""
        link, now = self.current()
        found = [(key, key.attempt.find(link)) for key in self.sent]
        return [key for key, one in found if one and one.state_at(now) == "running" and not one.is_spent]

    def goes_on_to_its_end(self, key: Key) -> None:
        """A client with a lease gets every byte that was not handed out under it."""
        assert self.started(key)
        found = key.attempt.find(self.current()[0])
        assert found is not None
        for start, stop in without(found.whole, found.counted_out) if found.state == "running" else ():
            got = self.begin(key, start // MIB, -(-stop // MIB))
            assert got is not None
            self.hand(got, got.stop)
            assert got.at == got.stop
            self.end(got, well=True)

    def teardown(self) -> None:
        """Each download that counts was announced once, and a client with a lease gets its copy whole."""
        for get in [*self.running]:
            self.end(get, well=True)
        leased = self.leased()
        self.wait(timedelta(seconds=90))  # until then, what a process that died had reserved is withheld
        self.settle()
        for key in leased:
            self.goes_on_to_its_end(key)
        self.three_means_three()
        self.wait(timedelta(hours=1))
        link = self.apply(lambda link, now: link.settle(now))
        for file, known in FILES.items():
            _, now = self.current()
            left = link.quota(known, file).left(now)
            for number in range(left):
                key = Key(file, f"last {number}")
                assert self.started(key)
                got = self.begin(key, 0, known.size_bytes // MIB)
                assert got is not None
                self.hand(got, got.stop)
                self.end(got, well=True)
                found = key.attempt.find(self.current()[0])
                assert found is not None
                assert found.state == "done"
            assert not self.started(Key(file, "one more"))
            done = sum(one.state == "done" for one in self.current()[0].quotas[file].downloads.values())
            assert self.announced[file] == done
