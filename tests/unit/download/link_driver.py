"""Drives one file of one link: applies rules at a time of the test's choice, and collects the events."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from services.contracts.values import FileSummary, Person, Recipient, TransferReference
from services.download.domain.download import GetProgress, GetStart
from services.download.domain.link import FileAttempt, Link
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
    """One file of one link; `gets` are the ids of the running GETs, by download and first byte."""

    def __init__(self, size_bytes: int = 10 * MIB, limit: int = 3) -> None:
        self.link = new_link(limit)
        self.file = FileSummary(path="a.zip", size_bytes=size_bytes)
        self.now = START
        self.events: list[Event] = []
        self.gets: dict[tuple[str, int], str] = {}

    def attempt(self, id: str) -> FileAttempt:
        return FileAttempt(self.file, "f", id)

    def apply(self, rule: Callable[[Link, datetime], tuple[Link, list[Event]]]) -> None:
        self.link, events = rule(self.link, self.now)
        self.events += events

    def start(self, id: str) -> None:
        self.apply(self.attempt(id).start)

    def fetch(self, id: str, start: int = 0) -> None:
        """Begin a GET from this byte to the end."""
        get = f"{id}-{start}-{len(self.gets)}"
        begun = GetStart(get, (start, self.file.size_bytes), min(start + 1, self.file.size_bytes))
        self.apply(lambda link, now: self.attempt(id).fetch(link, begun, now))
        self.gets[id, start] = get

    def progress(self, id: str, start: int, stop: int, delivered: int | None = None) -> None:
        """Record that the GET from `start` has handed out everything before `stop`, and wants to go on."""
        progress = GetProgress("", stop, stop if delivered is None else delivered, stop + 1, self.file.size_bytes)
        self._record(id, start, progress)

    def reserved(self, id: str, start: int) -> int:
        """Return how far the GET from `start` may hand out."""
        return self.link.quotas["f"].downloads[id].gets[self.gets[id, start]].stop

    def complete(self, id: str, start: int, stop: int) -> None:
        """Record that the GET from `start` has ended well."""
        self.abort(id, start, stop, stop)

    def abort(self, id: str, start: int, stop: int, delivered: int) -> None:
        """Record that the connection of the GET from `start` broke."""
        self._record(id, start, GetProgress("", stop, delivered))
        self.gets.pop((id, start))

    def _record(self, id: str, start: int, progress: GetProgress) -> None:
        if (id, start) not in self.gets:
            self.fetch(id, start)
        progress = progress._replace(get=self.gets[id, start])
        self.apply(lambda link, now: self.attempt(id).progress(link, progress, now))

    def give_back(self, id: str) -> None:
        self.apply(self.attempt(id).give_back)

    def settle(self) -> None:
        self.apply(lambda link, now: link.settle(now))

    def pass_time(self, **by: float) -> None:
        self.now += timedelta(**by)

    @property
    def left(self) -> int:
        return self.link.quota(self.file, "f").left(self.now)

    @property
    def suspended(self) -> bool:
        return self.link.quota(self.file, "f").is_suspended

    def state_of(self, id: str) -> str:
        return self.link.quotas["f"].downloads[id].state_at(self.now)
