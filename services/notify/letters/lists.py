"""How are files, people and downloads told, one line each?"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from services.contracts.values import Language
from services.notify.letters.words import size

MOST_LINES = 100
MORE: dict[Language, str] = {"fr": "et {} de plus", "en": "and {} more"}
ROLES: dict[Language, dict[str, str]] = {
    "fr": {"agent": "agent", "external": "externe", "bcc": "copie cachée, invisible des autres"},
    "en": {"agent": "agent", "external": "external", "bcc": "hidden copy, the others do not see it"},
}
DECLARED: dict[Language, str] = {
    "fr": "{address} (nom déclaré\N{NO-BREAK SPACE}: {name})",
    "en": "{address} (declared name: {name})",
}
FETCHED: dict[Language, tuple[str, str]] = {
    "fr": ("{recipient}\N{NO-BREAK SPACE}: rien", "{recipient}\N{NO-BREAK SPACE}: {some} sur {all}"),
    "en": ("{recipient}: nothing", "{recipient}: {some} of {all}"),
}
FETCH: dict[Language, str] = {
    "fr": "{recipient}\N{NO-BREAK SPACE}: {path}, le {date}",
    "en": "{recipient}: {path}, on {date}",
}


def declared(person: dict[str, Any], language: Language) -> str:
    """A person by their address, which was proven, and their name, which is said to be declared only."""
    return DECLARED[language].format(**person) if person["name"] else str(person["address"])


def file_lines(files: Sequence[dict[str, Any]], language: Language) -> list[str]:
    """`path (size)` of each file."""
    return _bounded([f"{file['path']} ({size(file['size_bytes'], language)})" for file in files], language)


def people_lines(recipients: Sequence[dict[str, Any]], language: Language) -> list[str]:
    """`address (class)` of each recipient, all of them; a hidden one is said to be hidden."""
    words = ROLES[language]
    return [
        f"{one['address']} ({words[one['role']]}{', ' + words['bcc'] if one['field'] == 'bcc' else ''})"
        for one in recipients
    ]


def report_lines(report: Sequence[dict[str, Any]], language: Language) -> list[str]:
    """How many of the files each recipient has downloaded."""
    nothing, some = FETCHED[language]
    return [
        (some if one["files_downloaded"] else nothing).format(
            recipient=one["recipient"], some=one["files_downloaded"], all=one["files_in_all"]
        )
        for one in report
    ]


def fetch_lines(
    fetches: Sequence[dict[str, Any]], language: Language, tell_date: Callable[[datetime], str]
) -> list[str]:
    """Who downloaded what, and when."""
    line = FETCH[language]
    told = [line.format(recipient=one["recipient"], path=one["path"], date=tell_date(one["at"])) for one in fetches]
    return _bounded(told, language)


def _bounded(lines: list[str], language: Language) -> list[str]:
    """A long list as its beginning, and how many more there are."""
    rest = len(lines) - MOST_LINES
    return [*lines[:MOST_LINES], MORE[language].format(rest)] if rest > 0 else lines
