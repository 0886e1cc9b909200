"""The rules of a link alone, against the model."""

from datetime import datetime, timedelta

from hypothesis import settings

from services.download.domain.link import Link
from tests.unit.download.link_driver import START, new_link
from tests.unit.download.state_machine import LinkMachine, Rule


class InMemory(LinkMachine):
    def __init__(self) -> None:
        super().__init__()
        self.link, self.now = new_link(self.limit), START

    def apply(self, change: Rule) -> Link:
        self.link, events = change(self.link, self.now)
        self.note_events(events)
        return self.link

    def current(self) -> tuple[Link, datetime]:
        return self.link, self.now

    def wait(self, by: timedelta) -> None:
        self.now += by


class OneIsOne(InMemory):
    limit = 1


OFTEN = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestThreeMeansThree = InMemory.TestCase
TestOneIsOne = OneIsOne.TestCase
TestThreeMeansThree.settings = TestOneIsOne.settings = OFTEN
