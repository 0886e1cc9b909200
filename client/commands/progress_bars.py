"""How far it has come: a bar with speed and time left on a terminal, a line every few seconds elsewhere."""

import threading
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from client.commands.i18n import COLON, format_duration, format_size, printable, translate
from client.progress import ProgressListener

LINE_INTERVAL_SECONDS = 5.0
CHANGES = {
    "size": translate(
        "« {} » n'a plus la même taille : il est envoyé de nouveau.", "“{}” has another size: it is sent again."
    ),
    "digest": translate(
        "« {} » n'a plus le même contenu : il est envoyé de nouveau.", "“{}” has other contents: it is sent again."
    ),
    "date": translate(
        "« {} » n'a plus la même date : son contenu est comparé.", "“{}” has another date: its contents are compared."
    ),
    "lost": translate(
        "« {} » : ce qui était arrivé n'est plus là ; il est à renvoyer depuis le début.",
        "“{}”: what had arrived is not there any more; it is sent again from the start.",
    ),
}


class ProgressView(ProgressListener):
    """What both ways of showing share: where it stands, and what moved in this attempt."""

    def __init__(self, console: Console, title: str, total_bytes: int) -> None:
        self._console = console
        self._title = title
        self._total_bytes = total_bytes
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self.resumed_bytes = 0
        self.transferred_bytes = 0
        self.confirmed_bytes = 0
        self.changes: list[tuple[str, str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """Nothing more will move."""

    def resumed(self, size_bytes: int) -> None:
        with self._lock:
            self.resumed_bytes += size_bytes
        self.refresh()

    def transferred(self, size_bytes: int) -> None:
        with self._lock:
            self.transferred_bytes += size_bytes
        self.refresh()

    def confirmed(self, size_bytes: int) -> None:
        with self._lock:
            self.confirmed_bytes += size_bytes
        self.refresh()

    def changed(self, name: str, what: str) -> None:
        self.changes.append((name, what))
        self._console.print(CHANGES[what].format(printable(name)), markup=False)

    def refresh(self) -> None:
        """Shows where it stands."""

    @property
    def position(self) -> int:
        """Bytes that need not be moved any more: those that were acknowledged."""
        return self.resumed_bytes + self.confirmed_bytes

    @property
    def in_flight(self) -> str:
        """What was handed over and not acknowledged yet, after the rest; nothing when there is none."""
        waiting = self.transferred_bytes - self.confirmed_bytes
        return f"+ {format_size(waiting)} {translate('en route', 'on the way')}" if waiting > 0 else ""

    def summary(self) -> str:
        """What moved, how fast, and what did not have to."""
        seconds = max(time.monotonic() - self._began, 0.001)
        speed = f"{format_size(int(self.confirmed_bytes / seconds))}/s"
        moved = f"{self._title}{COLON}{format_size(self.confirmed_bytes)}, {format_duration(seconds)}, {speed}"
        before = translate(
            f" ({format_size(self.resumed_bytes)} déjà là)", f" ({format_size(self.resumed_bytes)} were there already)"
        )
        return moved + (before if self.resumed_bytes > 0 else "")


class AmountColumn(ProgressColumn):
    """How much of how much, and how fast."""

    def render(self, task: Task) -> Text:
        speed = f"  {format_size(int(task.speed))}/s" if task.speed else ""
        return Text(f"{format_size(int(task.completed))} / {format_size(int(task.total or 0))}{speed}")


class ProgressBars(ProgressView):
    """For a terminal."""

    def __init__(self, console: Console, title: str, total_bytes: int) -> None:
        super().__init__(console, title, total_bytes)
        text = TextColumn("{task.description}", markup=False)
        waiting = TextColumn("{task.fields[waiting]}", markup=False)
        columns = (text, BarColumn(), AmountColumn(), waiting, TimeRemainingColumn())
        self._progress = Progress(*columns, console=console, transient=True)
        self._task = self._progress.add_task(title, total=total_bytes, waiting="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def refresh(self) -> None:
        """What was there before jumps; only what moves makes the speed."""
        with self._lock:
            total = self._total_bytes - self.resumed_bytes
            self._progress.update(self._task, total=total, completed=self.confirmed_bytes, waiting=self.in_flight)

    def end(self) -> None:
        self._progress.stop()


class ProgressLines(ProgressView):
    """For a log, a pipe, a machine."""

    def __init__(self, console: Console, title: str, total_bytes: int) -> None:
        super().__init__(console, title, total_bytes)
        self._next = self._began + LINE_INTERVAL_SECONDS

    def refresh(self) -> None:
        now = time.monotonic()
        with self._lock:
            if now < self._next:
                return
            self._next = now + LINE_INTERVAL_SECONDS
        self._console.print(self._line(now), markup=False)

    def _line(self, now: float) -> str:
        speed = self.confirmed_bytes / max(now - self._began, 0.001)
        share = 100 * self.position // max(self._total_bytes, 1)
        left = format_duration((self._total_bytes - self.position) / speed) if speed > 0 else "?"
        where = f"{share} %, {format_size(self.position)} / {format_size(self._total_bytes)} {self.in_flight}".rstrip()
        return f"{self._title}{COLON}{where}, {format_size(int(speed))}/s, {translate('reste', 'left')} {left}"
