"""Output and questions: results on standard output, everything else on standard error, answers from standard input."""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console

from client.commands.exit_codes import Failure, InvalidUsage
from client.commands.i18n import COLON, printable, translate
from client.commands.progress_bars import ProgressBars, ProgressLines, ProgressView
from client.errors import Json

Entry = tuple[str, str]


class Terminal:
    """With `as_json`, one JSON document is all that goes to standard output."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self._errors = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)
        self._output = Console(highlight=False, soft_wrap=True, emoji=False)

    def note(self, text: str) -> None:
        """Show a message on standard error."""
        self._errors.print(printable(text, keeping="\n"), markup=False)

    def show(self, entries: Sequence[Entry], to_stderr: bool = False) -> None:
        """Show labels and values, one per line; a value without a label stands alone."""
        console = self._errors if to_stderr else self._output
        for name, value in entries:
            head = name + COLON if name else ""
            console.print(head + printable(value, keeping="\n"), markup=False)

    def result(self, document: Any, entries: Sequence[Entry]) -> None:
        """Show the result of a command, as JSON or as lines."""
        if self.as_json:
            write_json(document)
        else:
            self.show(entries)

    def fail(self, failure: Failure) -> None:
        """Show the failure of a command."""
        self._errors.print(failure.title, markup=False, style="bold red")
        for problem in _more(failure.members):
            self._errors.print(f"  {problem}", markup=False)
        if self.as_json:
            write_json(failure.document())

    def ask(self, question: str) -> str:
        """Return a stripped line from standard input; at its end, raise `InvalidUsage`."""
        self._errors.print(question, markup=False, end=" ")
        line = sys.stdin.readline()
        if not line:
            raise InvalidUsage(translate("Une réponse est attendue.", "An answer is required."))
        return line.strip()

    def confirms(self, question: str) -> bool:
        """Return true for a yes."""
        return self.ask(f"{question} {translate('[o/N]', '[y/N]')}").lower() in ("o", "oui", "y", "yes")

    def pause(self, seconds: float) -> None:
        """Wait before a retry; announce a noticeable wait."""
        if seconds >= 2:
            self.note(translate(f"Nouvel essai dans {seconds:.0f} s…", f"Retrying in {seconds:.0f} s…"))
        time.sleep(seconds)

    @contextmanager
    def show_progress(self, title: str, total_bytes: int) -> Iterator[ProgressView]:
        """Show progress: a bar on a terminal, lines elsewhere; a summary at the end."""
        shown: type[ProgressView] = ProgressBars if self._errors.is_terminal else ProgressLines
        listener = shown(self._errors, title, total_bytes)
        try:
            with listener:
                yield listener
        finally:
            self.note(listener.summary())


def write_json(document: Any) -> None:
    """Print a JSON document, escaped to ASCII when standard output is not UTF-8."""
    is_plain = "utf" not in (sys.stdout.encoding or "").lower()
    print(json.dumps(document, ensure_ascii=is_plain, indent=2), flush=True)


def _more(members: Json) -> Iterator[str]:
    """Yield the other problems of a draft, the entries that they concern, and the numbers and texts of the problem."""
    yield from _entries(members)
    for problem in (members.get("problems") or [])[1:]:
        titles = problem.get("titles") or {}
        yield printable(titles.get(translate("fr", "en")) or problem["type"])
        yield from _entries(problem)
    for name, value in members.items():
        if isinstance(value, int | str) and name not in ("status", "instance", "detail"):
            yield printable(f"{name} = {value}")


def _entries(problem: Json) -> Iterator[str]:
    """Yield the entries among the recipients that are no addresses."""
    for text in problem.get("unreadable") or []:
        yield translate(f"« {printable(text)} »", f"“{printable(text)}”")
