"""Prints the demonstration: each step with its duration, progress bars on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from client.commands.progress_bars import ProgressBars, ProgressView
from client.progress import ProgressListener

MEGABYTE = 1_000_000


class DemoScreen:
    """Prints to standard output and measures durations."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        self._began = time.monotonic()
        self._last = self._began

    def title(self, words: str) -> None:
        """Print a line above a group of steps."""
        self._console.print(f"\n[bold]{words}[/bold]")

    def step(self, words: str) -> None:
        """Print a completed step and its duration."""
        now = time.monotonic()
        self._console.print(f"  [green]✓[/green] {words} [dim]({now - self._last:.1f} s)[/dim]", soft_wrap=True)
        self._last = now

    def note(self, words: str) -> None:
        """Print a line without a duration."""
        self._console.print(f"    {words}", markup=False, soft_wrap=True)

    def failure(self, words: str) -> None:
        """Print what failed."""
        self._console.print(f"  ✗ {words}", style="bold red", markup=False, soft_wrap=True)

    def end(self, words: str) -> None:
        """Print the last line, with the total duration."""
        self._console.print(f"\n[bold]{words}[/bold] [dim]({time.monotonic() - self._began:.1f} s in total)[/dim]")

    @contextmanager
    def bytes_of(self, words: str, total_bytes: int) -> Iterator[ProgressListener]:
        """Return a listener for transferred bytes: a progress bar on a terminal, nothing elsewhere."""
        shown = ProgressBars if self._console.is_terminal else ProgressView
        with shown(self._console, f"    {words}", total_bytes) as listener:
            yield listener
        speed = total_bytes / MEGABYTE / max(time.monotonic() - self._last, 0.001)
        self.step(f"{words}: {total_bytes / MEGABYTE:.0f} MB, {speed:.0f} MB/s")
