"""Files and archives of one link, mixed in any order, against a model: on every file three means three."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.contracts.download import FileDownloaded
from services.contracts.values import FileLine
from services.download.domain import archiving
from services.download.domain.archive import Bundle
from services.download.domain.attempts import ArchiveAttempt, Attempt, FileAttempt
from services.download.domain.downloads import Download, Progress
from services.download.domain.link import Link
from services.download.domain.refusals import (
    ArchivesSuspended,
    DownloadAlreadyDone,
    DownloadsExhausted,
    DownloadSpent,
    FileSuspended,
)
from services.kit.events import Fact
from tests.unit.download.counter import MIB, START, new_link

BLOCKS, LIMIT = 3, 3
LINES = {name: FileLine(path=name, size_bytes=BLOCKS * MIB) for name in "abc"}
SETS = st.sampled_from(["a", "b", "c", "ab", "bc", "abc"])
IDS = st.sampled_from([f"{number:02}" for number in range(6)])
REFUSED = (DownloadsExhausted, DownloadAlreadyDone, DownloadSpent, FileSuspended, ArchivesSuspended)


@dataclass
class Try:
    """One attempt as the model sees it: what it is for, its blocks, when its lease ends, and how it ended."""

    files: str
    until: float = 0.0
    ended: float = 0.0
    state: str = "new"
    booked: bool = False
    handed: set[int] = field(default_factory=set)
    delivered: set[int] = field(default_factory=set)

    @property
    def last(self) -> bool:
        return len(self.handed) >= BLOCKS - 1

    def lease(self, now: float) -> None:
        self.state, self.until = "running", now + (1800 if self.last else 90)


class Mixed(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.link, self.clock = new_link(), 0.0
        self.model: dict[tuple[str, str], Try] = {}
        self.announced: Counter[str] = Counter()
        self.times: dict[str, list[int]] = {name: [] for name in LINES}

    @property
    def now(self) -> datetime:
        return START + timedelta(seconds=self.clock)

    def apply(self, change: Callable[[Link, datetime], tuple[Link, list[Fact]]]) -> bool:
        try:
            self.link, facts = change(self.link, self.now)
        except REFUSED:
            return False
        for fact in facts:
            assert isinstance(fact, FileDownloaded)
            self.announced[fact.file.path] += 1
            self.times[fact.file.path].append(fact.times)
        self.link = Link.model_validate({**self.link.model_dump(), "id": self.link.id})  # as the database keeps it
        return True

    def counted(self, name: str, *states: str) -> int:
        for one in self.model.values():
            if one.state == "running" and one.until <= self.clock:
                one.state, one.ended = "done" if one.last else "dead", one.until
        return sum(one.state in states and name in one.files for one in self.model.values())

    def take(self, key: tuple[str, str], files: str) -> bool:
        full = [name for name in files if self.counted(name, "running", "done") >= LIMIT]
        known = self.model.get(key)
        if known and known.state in ("running", "done"):
            return True
        if full:
            return False
        self.model.setdefault(key, Try(files)).lease(self.clock)
        return True

    @rule(name=st.sampled_from("abc"), id=IDS)
    def start_file(self, name: str, id: str) -> None:
        taken = self.apply(lambda link, now: link.start(LINES[name], name, id, now))
        assert taken == self.take((name, id), name)

    @rule(files=SETS, id=IDS)
    def start_archive(self, files: str, id: str) -> None:
        known = self.model.get(("archive", id))
        before = self.link
        taken = self.apply(lambda link, now: archiving.start(link, bundle(files), id, now))
        assert taken == self.take(("archive", id), known.files if known else files)
        assert taken or self.link == before

    @rule(data=st.data(), first=st.integers(0, BLOCKS - 1), count=st.integers(0, BLOCKS), whole=st.booleans())
    def get(self, data: st.DataObject, first: int, count: int, whole: bool) -> None:
        """A GET from one block on: some blocks are handed over, and it ends well or its last block is in doubt."""
        if not self.model:
            return
        key = data.draw(st.sampled_from(sorted(self.model)))
        one, attempt = self.model[key], attempt_of(key, self.model[key].files)
        wanted = self.take(key, one.files) and one.state != "done"
        tail = one.state == "done" and self.clock < one.ended + 1800 and first * MIB * 2 >= attempt.size_bytes
        assert self.apply(lambda link, now: attempt.fetch(link, first * MIB, now)) == (wanted or tail)
        if not wanted:
            return
        run = first
        while run - 1 in one.handed:
            run -= 1
        one.delivered |= set(range(run, first))
        stop = min(first + count, BLOCKS)
        arrived = stop if whole else max(first, stop - 1)
        one.handed |= set(range(first, stop))
        one.delivered |= set(range(first, arrived))
        one.booked = True
        one.lease(self.clock)
        book = Progress((first * MIB, stop * MIB), (first * MIB, arrived * MIB), 1)
        ending = attempt.complete if whole else attempt.progress
        assert self.apply(lambda link, now: ending(link, book, now))
        if whole and len(one.delivered) == BLOCKS:
            one.state, one.ended = "done", self.clock

    @rule(data=st.data())
    def late_record(self, data: st.DataObject) -> None:
        """A GET whose lease died meanwhile writes what it has: it goes on if all its slots can be had again."""
        if not self.model:
            return
        key = data.draw(st.sampled_from(sorted(self.model)))
        one = self.model[key]
        self.counted("a")
        if not one.booked:
            return
        if one.state == "running" or (one.state == "dead" and self.take(key, one.files)):
            one.lease(self.clock)
        attempt = attempt_of(key, one.files)
        assert self.apply(lambda link, now: attempt.progress(link, Progress((0, 0), (0, 0), 1), now))

    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        if not self.model:
            return
        scope, id = key = data.draw(st.sampled_from(sorted(self.model)))
        one = self.model[key]
        self.counted("a")
        if scope == "archive":
            self.apply(lambda link, now: archiving.give_back(link, id, now))
        else:
            self.apply(lambda link, now: link.give_back(LINES[scope], scope, id, now))
        if one.state in ("running", "dead") and not one.last:
            one.state = "given-back"

    @rule(seconds=st.sampled_from([1, 60, 90, 600, 1800]))
    def pass_time(self, seconds: int) -> None:
        self.clock += seconds

    @rule()
    def settle(self) -> None:
        self.apply(lambda link, now: link.settle(now))

    @invariant()
    def three_means_three_on_every_file(self) -> None:
        for name, line in LINES.items():
            running, done = self.counted(name, "running"), self.counted(name, "done")
            assert running + done <= LIMIT
            shelf = self.link.shelf(line, name)
            assert (shelf.left(self.now), shelf.count("done", self.now)) == (LIMIT - running - done, done)

    @invariant()
    def whoever_waits_to_be_counted_is_found(self) -> None:
        waiting = [one.lease_until for one in downloads(self.link) if one.state == "running" and one.at_its_last_bytes]
        assert self.link.settles_at == min(waiting, default=None)

    def teardown(self) -> None:
        """Every download that counts was announced exactly once, in the order of its number."""
        self.apply(lambda link, now: link.settle(now))
        for name in LINES:
            done = self.counted(name, "done")
            assert self.announced[name] == done
            assert self.times[name] == list(range(1, done + 1))


def bundle(files: str) -> Bundle:
    return Bundle({name: LINES[name] for name in files}, BLOCKS * MIB)


def attempt_of(key: tuple[str, str], files: str) -> Attempt:
    scope, id = key
    return ArchiveAttempt(bundle(files), id) if scope == "archive" else FileAttempt(LINES[scope], scope, id)


def downloads(link: Link) -> list[Download]:
    shelves = [one for shelf in link.shelves.values() for one in shelf.downloads.values()]
    return [*shelves, *(archive.download for archive in link.archives.values())]


TestMixed = Mixed.TestCase
TestMixed.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
