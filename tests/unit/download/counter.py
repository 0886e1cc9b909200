"""One link on a desk: rules are applied to it at a time of one's choice, and its facts pile up."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from services.contracts.values import FileLine, Label, Person, Recipient
from services.download.domain.downloads import Progress
from services.download.domain.link import Link
from services.kit.events import Fact

MIB = 1024 * 1024
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LABEL = Label(transfer="t", sender=Person(address="p@x.fr"), sender_role="agent", subject="s", language="fr")
ANNE = Recipient(address="anne@mairie.example", field="to", role="external")


def new_link(limit: int = 3, id: str = "l") -> Link:
    return Link(
        id=id, transfer="t", label=LABEL, recipient=ANNE, downloads_per_file=limit, ends_at=START + timedelta(days=7)
    )


class Desk:
    """One file of one link."""

    def __init__(self, size_bytes: int = 10 * MIB, limit: int = 3) -> None:
        self.link = new_link(limit)
        self.line = FileLine(path="a.zip", size_bytes=size_bytes)
        self.now = START
        self.facts: list[Fact] = []

    def apply(self, rule: Callable[[Link, datetime], tuple[Link, list[Fact]]]) -> None:
        self.link, facts = rule(self.link, self.now)
        self.facts += facts

    def start(self, id: str) -> None:
        self.apply(lambda link, now: link.start(self.line, "f", id, now))

    def fetch(self, id: str, start: int = 0) -> None:
        self.apply(lambda link, now: link.fetch(self.line, "f", id, start, now))

    def progress(self, id: str, start: int, stop: int, arrived: int | None = None) -> None:
        book = Progress((start, stop), (start, stop if arrived is None else arrived), stop - start)
        self.apply(lambda link, now: link.progress(self.line, "f", id, book, now))

    def complete(self, id: str, start: int, stop: int) -> None:
        book = Progress((start, stop), (start, stop), stop - start)
        self.apply(lambda link, now: link.complete(self.line, "f", id, book, now))

    def broken(self, id: str, start: int, stop: int, arrived: int) -> None:
        book = Progress((start, stop), (start, arrived), stop - start)
        self.apply(lambda link, now: link.complete(self.line, "f", id, book, now))

    def give_back(self, id: str) -> None:
        self.apply(lambda link, now: link.give_back(self.line, "f", id, now))

    def settle(self) -> None:
        self.apply(lambda link, now: link.settle(now))

    def pass_time(self, **by: float) -> None:
        self.now += timedelta(**by)

    @property
    def left(self) -> int:
        return self.link.shelf(self.line, "f").left(self.now)

    @property
    def suspended(self) -> bool:
        return self.link.shelf(self.line, "f").suspended(self.now)

    def standing(self, id: str) -> str:
        return self.link.shelves["f"].downloads[id].standing(self.now)
