"""How are files, people and downloads told, one row each?"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from markupsafe import escape

from services.contracts.values import Language
from services.notify.letters.words import size

MOST_ROWS = 100
MOST_BYTES = 12_000
MORE: dict[Language, str] = {"fr": "et {} de plus", "en": "and {} more"}
ROLES: dict[Language, dict[str, str]] = {
    "fr": {"agent": "agent", "external": "externe", "bcc": "copie cachée, invisible des autres"},
    "en": {"agent": "agent", "external": "external", "bcc": "hidden copy, the others do not see it"},
}
DECLARED: dict[Language, str] = {
    "fr": "{address} (nom déclaré\N{NO-BREAK SPACE}: {name})",
    "en": "{address} (declared name: {name})",
}
FETCHED: dict[Language, tuple[str, str]] = {"fr": ("rien", "{} sur {}"), "en": ("nothing", "{} of {}")}
FETCH: dict[Language, str] = {"fr": "{recipient}\N{NO-BREAK SPACE}: {path}", "en": "{recipient}: {path}"}


class Row(NamedTuple):
    """What is listed, and what is said of it."""

    words: str
    aside: str


def declared(person: dict[str, Any], language: Language) -> str:
    """A person by their address, which was proven, and their name, which is said to be declared only."""
    return DECLARED[language].format(**person) if person["name"] else str(person["address"])


def file_rows(files: Sequence[dict[str, Any]], language: Language) -> list[Row]:
    """The path and the size of each file."""
    return _bounded([Row(file["path"], size(file["size_bytes"], language)) for file in files], language)


def people_rows(recipients: Sequence[dict[str, Any]], language: Language) -> list[Row]:
    """The address and the class of each recipient, all of them; a hidden one is said to be hidden."""
    words = ROLES[language]
    return [
        Row(one["address"], words[one["role"]] + (f", {words['bcc']}" if one["field"] == "bcc" else ""))
        for one in recipients
    ]


def report_rows(report: Sequence[dict[str, Any]], language: Language) -> list[Row]:
    """How many of the files each recipient has downloaded."""
    nothing, some = FETCHED[language]
    return [
        Row(
            one["recipient"],
            some.format(one["files_downloaded"], one["files_in_all"]) if one["files_downloaded"] else nothing,
        )
        for one in report
    ]


def fetch_rows(
    fetches: Sequence[dict[str, Any]], language: Language, tell_date: Callable[[datetime], str]
) -> list[Row]:
    """Who downloaded what, and when."""
    told = [
        Row(FETCH[language].format(recipient=one["recipient"], path=one["path"]), tell_date(one["at"]))
        for one in fetches
    ]
    return _bounded(told, language)


def weight(text: str) -> int:
    """The bytes that it takes in HTML."""
    return len(escape(text).encode())


def _bounded(rows: list[Row], language: Language) -> list[Row]:
    """A long list as its beginning, and how many more there are."""
    kept, left = 0, MOST_BYTES
    for row in rows[:MOST_ROWS]:
        left -= weight(row.words + row.aside)
        if left < 0:
            break
        kept += 1
    rest = len(rows) - kept
    return [*rows[:kept], Row(MORE[language].format(rest), "")] if rest else rows
