"""The GETs of one download are recorded in any order: a client that received every byte is counted, and no other."""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.download.domain.download import LAST_MIB_LEASE, LEASE
from services.download.streaming.progress_recorder import NoLongerAllowed
from services.kit.refusals import Refusal
from tests.unit.download.link_driver import MIB
from tests.unit.download.recorded_download import ATTEMPTS, SIZE, OpenGet, RecordedDownload


class Plan(NamedTuple):
    """A GET, in MiB: where it starts, how much of it is received, and how much of it is handed over."""

    start: int
    received: int
    handed: int
    ends_well: bool = False


WHOLE = SIZE // MIB
CLIENTS = {
    "goes on where the connection broke": (Plan(0, 40, 45), Plan(40, WHOLE, WHOLE, ends_well=True)),
    "goes on, and the connection breaks after the last byte": (Plan(0, 40, 60), Plan(40, WHOLE, WHOLE)),
    "begins anew": (Plan(0, 40, 45), Plan(0, WHOLE, WHOLE, ends_well=True)),
    "takes the second half first": (Plan(50, WHOLE, WHOLE, ends_well=True), Plan(0, 50, 52)),
    "goes on twice": (Plan(0, 40, 43), Plan(40, 70, 73), Plan(70, WHOLE, WHOLE, ends_well=True)),
    "divides what is left": (Plan(0, 30, 32), Plan(60, WHOLE, WHOLE, ends_well=True), Plan(30, 60, 64)),
}
OF_ARCHIVES = ("goes on where the connection broke", "divides what is left")
MEANWHILE = {
    "nothing": (),
    "its lease ends": ("lease ends",),
    "its lease ends and the leases are taken": ("lease ends", "leases are taken"),
    "it is given back": ("given back",),
    "it is given back and the leases are taken": ("given back", "leases are taken"),
}


def orders(gets: int, begun: int = 0, recorded: frozenset[int] = frozenset()) -> Iterator[list[tuple[str, int]]]:
    """Every order in which GETs that begin one after the other can be recorded as ended."""
    if len(recorded) == gets:
        yield []
    if begun < gets:
        yield from ([("begins", begun), *later] for later in orders(gets, begun + 1, recorded))
    for one in set(range(begun)) - recorded:
        yield from ([("is recorded", one), *later] for later in orders(gets, begun, recorded | {one}))


class Story:
    """One client's GETs in one order, while something happens to the lease."""

    def __init__(self, kind: str, plans: tuple[Plan, ...]) -> None:
        self.recorded = RecordedDownload(ATTEMPTS[kind])
        self.plans = plans

    def happens(self, what: str) -> None:
        if what == "lease ends":
            self.recorded.pass_time(LEASE)
        elif what == "leases are taken":
            self.recorded.others_start()
        else:
            self.recorded.give_back()

    def begins(self, number: int) -> None:
        """Until a lease is free the client asks again; then everything that they will receive comes."""
        plan = self.plans[number]
        try:
            get = self.recorded.get(plan.start * MIB)
        except Refusal:
            self.recorded.others_give_back()
            get = self.recorded.get(plan.start * MIB)
        self.recorded.hand(get, plan.received * MIB)
        self.recorded.receive(get, plan.received * MIB)

    def is_recorded(self, number: int) -> None:
        """The service may hand over more than the client waits for, then it notices."""
        plan, get = self.plans[number], self.recorded.gets[number]
        if not plan.ends_well:
            self.recorded.leave(get)
        if get.is_served:
            self.recorded.hand(get, plan.handed * MIB)
        if get.is_served:
            self.recorded.end(get)

    def tell(self, order: list[tuple[str, int]], meanwhile: tuple[str, ...], at: int) -> None:
        for place, (step, number) in enumerate([*order, ("", 0)]):
            for what in meanwhile if place == at else ():
                self.happens(what)
            if step == "begins":
                self.begins(number)
            elif step == "is recorded":
                self.is_recorded(number)


@pytest.mark.parametrize(
    ("client", "kind"), [*((one, "file") for one in CLIENTS), *((one, "archive") for one in OF_ARCHIVES)]
)
def test_a_client_that_received_every_byte_is_counted_once_in_every_order(client: str, kind: str) -> None:
    plans = CLIENTS[client]
    for order in orders(len(plans)):
        for meanwhile in MEANWHILE:
            for at in range(len(order) + 1) if MEANWHILE[meanwhile] else (0,):
                story = Story(kind, plans)
                story.tell(order, MEANWHILE[meanwhile], at)
                assert story.recorded.is_received, (order, meanwhile, at)
                story.recorded.pass_time(LAST_MIB_LEASE)
                assert (story.recorded.is_done, story.recorded.announced) == (True, 1), (order, meanwhile, at)


class SeveralConnections(RuleBasedStateMachine):
    """A client that opens several connections at once, at any byte, and leaves them at any moment."""

    kind = "file"

    def __init__(self) -> None:
        super().__init__()
        self.recorded = RecordedDownload(ATTEMPTS[self.kind])

    @property
    def served(self) -> list[OpenGet]:
        return [get for get in self.recorded.gets if get.is_served]

    @property
    def read(self) -> list[OpenGet]:
        return [get for get in self.recorded.gets if get.is_read]

    def ask(self, start: int) -> OpenGet | None:
        try:
            return self.recorded.get(start)
        except (Refusal, NoLongerAllowed):
            return None

    @rule(data=st.data(), shift=st.integers(-5, 5))
    def begin(self, data: st.DataObject, shift: int) -> None:
        """Where something else began or ended, more or less."""
        ends = {place for get in self.recorded.gets for place in (get.start, get.received, get.recorder.position)}
        place = data.draw(st.sampled_from(sorted({0, *ends}))) + shift * MIB
        self.ask(min(max(place, 0), SIZE - 1))

    @precondition(lambda self: self.served)
    @rule(data=st.data(), size=st.integers(1, WHOLE))
    def hand(self, data: st.DataObject, size: int) -> None:
        get = data.draw(st.sampled_from(self.served))
        self.recorded.hand(get, min(get.recorder.position + size * MIB, SIZE))

    @precondition(lambda self: self.read)
    @rule(data=st.data(), size=st.integers(1, WHOLE))
    def receive(self, data: st.DataObject, size: int) -> None:
        get = data.draw(st.sampled_from(self.read))
        self.recorded.receive(get, get.received + size * MIB)

    @precondition(lambda self: self.read)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        self.recorded.leave(data.draw(st.sampled_from(self.read)))

    @precondition(lambda self: self.served)
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        self.recorded.end(data.draw(st.sampled_from(self.served)))

    @rule()
    def give_back(self) -> None:
        self.recorded.give_back()

    @rule()
    def others_start(self) -> None:
        self.recorded.others_start()

    @rule()
    def others_give_back(self) -> None:
        self.recorded.others_give_back()

    @rule(seconds=st.sampled_from([1, 89, 90, 1799, 1800]))
    def pass_time(self, seconds: int) -> None:
        self.recorded.pass_time(timedelta(seconds=seconds))

    def teardown(self) -> None:
        """Once every end is recorded and no client comes back, one that has everything counts, once, and no other."""
        for get in self.served:
            self.recorded.end(get)
        self.recorded.pass_time(LAST_MIB_LEASE)
        assert self.recorded.is_received <= self.recorded.is_done <= self.recorded.is_nearly_handed_out
        assert self.recorded.announced == self.recorded.is_done


class OneConnection(SeveralConnections):
    """A client that opens one connection after the other, each at the first byte that is missing."""

    @rule()
    def begin(self) -> None:
        for get in self.read:
            self.recorded.leave(get)
        if not self.recorded.is_received:
            self.ask(self.recorded.first_missing)

    @invariant()
    def what_misses_bytes_counts_when_nobody_came_back_for_them(self) -> None:
        one = self.recorded.download
        if one is not None and one.state == "done" and not self.recorded.is_received:
            assert one.is_spent or one.ended_at == one.lease_until

    def teardown(self) -> None:
        """A client that misses bytes comes back for them, once a lease is free, and completes the download."""
        for get in self.served:
            self.recorded.end(get)
        one = self.recorded.download
        if one is not None and not (self.recorded.is_received or self.recorded.is_done or one.is_spent):
            self.recorded.others_give_back()
            get = self.recorded.get(self.recorded.first_missing)
            self.recorded.hand(get, SIZE)
            self.recorded.end(get)
            one = self.recorded.download
            assert one is not None
            assert one.is_spent or (self.recorded.is_done, self.recorded.announced) == (True, 1)
        super().teardown()


class SeveralConnectionsOfAnArchive(SeveralConnections):
    kind = "archive"


class OneConnectionOfAnArchive(OneConnection):
    kind = "archive"


OFTEN = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestSeveralConnections = SeveralConnections.TestCase
TestOneConnection = OneConnection.TestCase
TestSeveralConnectionsOfAnArchive = SeveralConnectionsOfAnArchive.TestCase
TestOneConnectionOfAnArchive = OneConnectionOfAnArchive.TestCase
TestSeveralConnections.settings = TestOneConnection.settings = OFTEN
TestSeveralConnectionsOfAnArchive.settings = TestOneConnectionOfAnArchive.settings = OFTEN
