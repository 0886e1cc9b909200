"""Format lists of files, recipients and downloads, one row each."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from markupsafe import escape

from services.contracts.values import Language
from services.kit.formatting import format_size

MAX_ROWS = 100
MAX_BYTES = 12_000
MORE_ROWS: dict[Language, str] = {"fr": "et {} de plus", "en": "and {} more"}
ROLES: dict[Language, dict[str, str]] = {
    "fr": {"agent": "agent", "external": "externe", "bcc": "copie cachée, invisible des autres"},
    "en": {"agent": "agent", "external": "external", "bcc": "blind copy, not visible to the others"},
}
NAMED_PERSON: dict[Language, str] = {
    "fr": "{address} (nom déclaré\N{NO-BREAK SPACE}: {name})",
    "en": "{address} (declared name: {name})",
}
NONE: dict[Language, str] = {"fr": "aucun", "en": "none"}
SOME_OF_ALL: dict[Language, str] = {"fr": "{} sur {}", "en": "{} of {}"}
DOWNLOAD: dict[Language, str] = {"fr": "{recipient}\N{NO-BREAK SPACE}: {path}", "en": "{recipient}: {path}"}


class Row(NamedTuple):
    """A list item and a note on it."""

    text: str
    note: str


def format_person(person: dict[str, Any], language: Language) -> str:
    """Return the address, which is verified, and the name, which is marked as declared only."""
    return NAMED_PERSON[language].format(**person) if person["name"] else str(person["address"])


def file_rows(files: Sequence[dict[str, Any]], language: Language) -> list[Row]:
    """Return the path and the size of each file."""
    return _truncate([Row(file["path"], format_size(file["size_bytes"], language)) for file in files], language)


def recipient_rows(recipients: Sequence[dict[str, Any]], language: Language) -> list[Row]:
    """Return the address and the role of every recipient; a blind copy is marked."""
    names = ROLES[language]
    return [
        Row(one["address"], names[one["role"]] + (f", {names['bcc']}" if one["field"] == "bcc" else ""))
        for one in recipients
    ]


def report_rows(report: Sequence[dict[str, Any]], language: Language) -> list[Row]:
    """Return how many of the files each recipient has downloaded."""
    return [Row(one["recipient"], _format_count(one, language)) for one in report]


def _format_count(one: dict[str, Any], language: Language) -> str:
    count = one["files_downloaded"]
    return SOME_OF_ALL[language].format(count, one["files_in_all"]) if count else NONE[language]


def download_rows(
    downloads: Sequence[dict[str, Any]], language: Language, format_date_time: Callable[[datetime], str]
) -> list[Row]:
    """Return who downloaded what, and when."""
    rows = [
        Row(DOWNLOAD[language].format(recipient=one["recipient"], path=one["path"]), format_date_time(one["at"]))
        for one in downloads
    ]
    return _truncate(rows, language)


def html_bytes(text: str) -> int:
    """Return the bytes that the text takes in HTML."""
    return len(escape(text).encode())


def _truncate(rows: list[Row], language: Language) -> list[Row]:
    """Return the first rows of a long list, and the number of the others."""
    kept, left = 0, MAX_BYTES
    for row in rows[:MAX_ROWS]:
        left -= html_bytes(row.text + row.note)
        if left < 0:
            break
        kept += 1
    rest = len(rows) - kept
    return [*rows[:kept], Row(MORE_ROWS[language].format(rest), "")] if rest else rows
