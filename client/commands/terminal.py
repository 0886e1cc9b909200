"""What a person reads: results on standard output, everything else on standard error, questions answered by a line."""

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
    """With `as_json` the one document of the command is all that goes to standard output."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self._errors = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)
        self._output = Console(highlight=False, soft_wrap=True, emoji=False)

    def note(self, text: str) -> None:
        """Something to know on the way."""
        self._errors.print(printable(text, keeping="\n"), markup=False)

    def show(self, entries: Sequence[Entry], to_stderr: bool = False) -> None:
        """Names and values, one a line; without a name, the value alone. `aside`: on the way, not as a result."""
        console = self._errors if to_stderr else self._output
        for name, value in entries:
            head = name + COLON if name else ""
            console.print(head + printable(value, keeping="\n"), markup=False)

    def result(self, document: Any, entries: Sequence[Entry]) -> None:
        """The end of a command: the document, or the same for a person."""
        if self.as_json:
            write_json(document)
        else:
            self.show(entries)

    def fail(self, failure: Failure) -> None:
        """The other end."""
        self._errors.print(failure.title, markup=False, style="bold red")
        for problem in _more(failure.members):
            self._errors.print(f"  {problem}", markup=False)
        if self.as_json:
            write_json(failure.document())

    def ask(self, question: str) -> str:
        """A line from standard input, without the blanks around it; none left is a mistake."""
        self._errors.print(question, markup=False, end=" ")
        line = sys.stdin.readline()
        if not line:
            raise InvalidUsage(translate("Il manque une réponse.", "An answer is missing."))
        return line.strip()

    def confirms(self, question: str) -> bool:
        """True for a yes."""
        return self.ask(f"{question} {translate('[o/N]', '[y/N]')}").lower() in ("o", "oui", "y", "yes")

    def pause(self, seconds: float) -> None:
        """Waits before another attempt; says so when one would notice."""
        if seconds >= 2:
            self.note(translate(f"Nouvel essai dans {seconds:.0f} s…", f"Trying again in {seconds:.0f} s…"))
        time.sleep(seconds)

    @contextmanager
    def show_progress(self, title: str, total_bytes: int) -> Iterator[ProgressView]:
        """Shows how it goes: bars on a terminal, a line now and then elsewhere."""
        shown: type[ProgressView] = ProgressBars if self._errors.is_terminal else ProgressLines
        listener = shown(self._errors, title, total_bytes)
        try:
            with listener:
                yield listener
        finally:
            self.note(listener.summary())


def write_json(document: Any) -> None:
    """The one document on standard output, which can be read whatever the encoding there is."""
    is_plain = "utf" not in (sys.stdout.encoding or "").lower()
    print(json.dumps(document, ensure_ascii=is_plain, indent=2), flush=True)


def _more(members: Json) -> Iterator[str]:
    """What else stands between a draft and its being sent, which entries are meant, and what is said in figures."""
    yield from _entries(members)
    for problem in (members.get("problems") or [])[1:]:
        titles = problem.get("titles") or {}
        yield printable(titles.get(translate("fr", "en")) or problem["type"])
        yield from _entries(problem)
    for name, value in members.items():
        if isinstance(value, int | str) and name not in ("status", "instance", "detail"):
            yield printable(f"{name} = {value}")


def _entries(problem: Json) -> Iterator[str]:
    """What was typed among the recipients and is no address."""
    for text in problem.get("unreadable") or []:
        yield translate(f"« {printable(text)} »", f"“{printable(text)}”")
