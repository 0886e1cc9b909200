"""One link on a driver: rules are applied to it at a time of one's choice, and its events pile up."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from services.contracts.values import FileSummary, Person, Recipient, TransferReference
from services.download.domain.gets import GetProgress, GetStart
from services.download.domain.link import Link
from services.kit.events import Event

MIB = 1024 * 1024
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
REFERENCE = TransferReference(
    transfer="t", sender=Person(address="p@x.fr"), sender_role="agent", subject="s", language="fr"
)
ANNE = Recipient(address="anne@mairie.example", field="to", role="external")


def new_link(limit: int = 3, id: str = "l") -> Link:
    return Link(
        id=id,
        transfer="t",
        reference=REFERENCE,
        recipient=ANNE,
        downloads_per_file=limit,
        ends_at=START + timedelta(days=7),
    )


class LinkDriver:
    """One file of one link."""

    def __init__(self, size_bytes: int = 10 * MIB, limit: int = 3) -> None:
        self.link = new_link(limit)
        self.line = FileSummary(path="a.zip", size_bytes=size_bytes)
        self.now = START
        self.events: list[Event] = []
        self.gets: dict[tuple[str, int], str] = {}

    def apply(self, rule: Callable[[Link, datetime], tuple[Link, list[Event]]]) -> None:
        self.link, events = rule(self.link, self.now)
        self.events += events

    def start(self, id: str) -> None:
        self.apply(lambda link, now: link.start(self.line, "f", id, now))

    def fetch(self, id: str, start: int = 0) -> None:
        """A GET from this byte to the end begins."""
        get = f"{id}-{start}-{len(self.gets)}"
        begun = GetStart(get, (start, self.line.size_bytes), min(start + 1, self.line.size_bytes))
        self.apply(lambda link, now: link.fetch(self.line, "f", id, begun, now))
        self.gets[id, start] = get

    def progress(self, id: str, start: int, stop: int, arrived: int | None = None) -> None:
        """The GET from `start` has handed over everything before `stop`, and wants to go on."""
        self._record(
            id, start, GetProgress("", stop, stop if arrived is None else arrived, stop + 1, self.line.size_bytes)
        )

    def reserved(self, id: str, start: int) -> int:
        """How far the GET from `start` may hand out."""
        return self.link.quotas["f"].downloads[id].gets[self.gets[id, start]].stop

    def complete(self, id: str, start: int, stop: int) -> None:
        """The GET from `start` ends well."""
        self.broken(id, start, stop, stop)

    def broken(self, id: str, start: int, stop: int, arrived: int) -> None:
        """The GET from `start` breaks."""
        self._record(id, start, GetProgress("", stop, arrived))
        self.gets.pop((id, start))

    def _record(self, id: str, start: int, progress: GetProgress) -> None:
        if (id, start) not in self.gets:
            self.fetch(id, start)
        progress = progress._replace(get=self.gets[id, start])
        self.apply(lambda link, now: link.progress(self.line, "f", id, progress, now))

    def give_back(self, id: str) -> None:
        self.apply(lambda link, now: link.give_back(self.line, "f", id, now))

    def settle(self) -> None:
        self.apply(lambda link, now: link.settle(now))

    def pass_time(self, **by: float) -> None:
        self.now += timedelta(**by)

    @property
    def left(self) -> int:
        return self.link.quota(self.line, "f").left(self.now)

    @property
    def suspended(self) -> bool:
        return self.link.quota(self.line, "f").suspended

    def state_of(self, id: str) -> str:
        return self.link.quotas["f"].downloads[id].state_at(self.now)
