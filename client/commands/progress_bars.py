"""Show progress: a bar with speed and remaining time on a terminal, a line every few seconds elsewhere."""

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
        "« {} » n'a plus la même taille : il est envoyé de nouveau.", "“{}” has changed size: it is sent again."
    ),
    "digest": translate(
        "« {} » n'a plus le même contenu : il est envoyé de nouveau.", "“{}” has changed: it is sent again."
    ),
    "date": translate(
        "« {} » n'a plus la même date : son contenu est vérifié.", "“{}” has a new date: its contents are checked."
    ),
    "lost": translate(
        "« {} » : le service a perdu ce qu'il avait reçu ; le fichier est renvoyé depuis le début.",
        "“{}”: the service has lost what it had received; the file is sent again from the start.",
    ),
}


class ProgressView(ProgressListener):
    """The state that both views share: bytes resumed, transferred and confirmed."""

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
        """Stop the display."""

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
        """Update the display."""

    @property
    def position(self) -> int:
        """Return the bytes that need not be transferred any more: the confirmed ones."""
        return self.resumed_bytes + self.confirmed_bytes

    @property
    def in_flight(self) -> str:
        """Return how many bytes were transferred and not confirmed yet, as text; empty if there are none."""
        waiting = self.transferred_bytes - self.confirmed_bytes
        return f"+ {format_size(waiting)} {translate('en transit', 'in transit')}" if waiting > 0 else ""

    def summary(self) -> str:
        """Return how much was transferred, how fast, and how much was resumed."""
        seconds = max(time.monotonic() - self._began, 0.001)
        speed = f"{format_size(int(self.confirmed_bytes / seconds))}/s"
        moved = f"{self._title}{COLON}{format_size(self.confirmed_bytes)}, {format_duration(seconds)}, {speed}"
        before = translate(
            f" ({format_size(self.resumed_bytes)} déjà transférés)",
            f" ({format_size(self.resumed_bytes)} already transferred)",
        )
        return moved + (before if self.resumed_bytes > 0 else "")


class AmountColumn(ProgressColumn):
    """The transferred and the total bytes, and the speed."""

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
        """Exclude resumed bytes from the bar, so that they do not count as speed."""
        with self._lock:
            total = self._total_bytes - self.resumed_bytes
            self._progress.update(self._task, total=total, completed=self.confirmed_bytes, waiting=self.in_flight)

    def end(self) -> None:
        self._progress.stop()


class ProgressLines(ProgressView):
    """For a log or a pipe."""

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
        return f"{self._title}{COLON}{where}, {format_size(int(speed))}/s, {translate('reste', 'remaining')} {left}"
