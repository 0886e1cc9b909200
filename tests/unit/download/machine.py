"""A link against a model of thirty lines: whatever people do, in whatever order, three means three."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.contracts.download import FileDownloaded
from services.contracts.values import FileLine
from services.download.domain.downloads import Progress
from services.download.domain.link import Link
from services.download.domain.refusals import DownloadAlreadyDone, DownloadsExhausted, DownloadSpent, FileSuspended
from services.kit.events import Fact
from tests.unit.download.counter import MIB

BLOCKS = 4
LIMIT = 3
LINE = FileLine(path="a.zip", size_bytes=BLOCKS * MIB)
IDS = st.sampled_from([f"{number:02}" for number in range(5)])
REFUSED = (DownloadsExhausted, DownloadAlreadyDone, DownloadSpent, FileSuspended)
Rule = Callable[[Link, datetime], tuple[Link, list[Fact]]]


class LinkMachine(RuleBasedStateMachine):
    """The model keeps, for each download, its blocks handed over, when its lease ends, and how it ended."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = 0.0
        self.model: dict[str, dict[str, Any]] = {}
        self.announced = 0

    def apply(self, change: Rule) -> Link:
        """Apply a rule to the link under test."""
        raise NotImplementedError

    def current(self) -> tuple[Link, datetime]:
        """The link under test and its time."""
        raise NotImplementedError

    def wait(self, by: timedelta) -> None:
        """Let time pass for the link under test."""
        raise NotImplementedError

    def living(self) -> list[str]:
        self._settle()
        return [id for id, one in self.model.items() if one["state"] == "running" and one["until"] > self.clock]

    def done(self) -> list[str]:
        self._settle()
        return [id for id, one in self.model.items() if one["state"] == "done"]

    def _settle(self) -> None:
        for one in self.model.values():
            if one["state"] == "running" and one["until"] <= self.clock and self._last(one):
                one |= {"state": "done", "ended": one["until"]}

    def _finishes(self, id: str, first: int) -> bool:
        """The latter half of a done download is had again for half an hour."""
        return id in self.done() and self.clock < self.model[id]["ended"] + 1800 and first >= BLOCKS / 2

    def _last(self, one: dict[str, Any]) -> bool:
        return len(one["handed"]) >= BLOCKS - 1

    def _lease(self, one: dict[str, Any]) -> None:
        one |= {"state": "running", "until": self.clock + (1800 if self._last(one) else 90)}

    def _take(self, id: str) -> bool:
        if id in self.living() or id in self.done():
            return True
        if len(self.living()) + len(self.done()) >= LIMIT:
            return False
        self._lease(self.model.setdefault(id, {"handed": set(), "delivered": set()}))
        return True

    def _tried(self, change: Rule) -> bool:
        try:
            self.apply(change)
        except REFUSED:
            return False
        return True

    @rule(id=IDS)
    def start(self, id: str) -> None:
        assert self._tried(lambda link, now: link.start(LINE, "f", id, now)) == self._take(id)

    @rule(id=IDS, first=st.integers(0, BLOCKS - 1), count=st.integers(0, BLOCKS), whole=st.booleans())
    def get(self, id: str, first: int, count: int, whole: bool) -> None:
        """A GET from one block on: some blocks are handed over, and it ends well or its last block is in doubt."""
        if id not in self.model:
            return
        wanted = self._take(id) and id not in self.done()
        start = first * MIB
        served = wanted or self._finishes(id, first)
        assert self._tried(lambda link, now: link.fetch(LINE, "f", id, start, now)) == served
        if not wanted:
            return
        one = self.model[id]
        run = first
        while run - 1 in one["handed"]:
            run -= 1
        one["delivered"] |= set(range(run, first))
        self._lease(one)
        stop = min(first + count, BLOCKS)
        arrived = stop if whole else max(first, stop - 1)
        one["handed"] |= set(range(first, stop))
        one["delivered"] |= set(range(first, arrived))
        self._lease(one)
        book = Progress((start, stop * MIB), (start, arrived * MIB), 1)
        if whole:
            self.apply(lambda link, now: link.complete(LINE, "f", id, book, now))
            if len(one["delivered"]) == BLOCKS:
                one |= {"state": "done", "ended": self.clock}
        else:
            self.apply(lambda link, now: link.progress(LINE, "f", id, book, now))

    @rule(id=IDS)
    def give_back(self, id: str) -> None:
        self._settle()
        self.apply(lambda link, now: link.give_back(LINE, "f", id, now))
        one = self.model.get(id)
        if one and one["state"] == "running" and not self._last(one):
            one["state"] = "given-back"

    @rule(seconds=st.sampled_from([1, 60, 90, 600, 1800]))
    def pass_time(self, seconds: int) -> None:
        self.clock += seconds
        self.wait(timedelta(seconds=seconds))

    @rule()
    def settle(self) -> None:
        self.apply(lambda link, now: link.settle(now))

    @invariant()
    def three_means_three(self) -> None:
        assert len(self.living()) + len(self.done()) <= LIMIT

    @invariant()
    def the_link_says_what_the_model_says(self) -> None:
        link, now = self.current()
        shelf = link.shelf(LINE, "f")
        assert shelf.left(now) == LIMIT - len(self.living()) - len(self.done())
        assert shelf.count("done", now) == len(self.done())

    def teardown(self) -> None:
        """Every download that counts was announced exactly once."""
        if self.model:
            link = self.apply(lambda link, now: link.settle(now))
            stored = [one for shelf in link.shelves.values() for one in shelf.downloads.values()]
            assert self.announced == sum(one.state == "done" for one in stored)

    def heard(self, facts: list[Fact]) -> None:
        self.announced += sum(isinstance(fact, FileDownloaded) for fact in facts)
