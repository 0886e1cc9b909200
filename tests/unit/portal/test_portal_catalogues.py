"""Every text is in both catalogues; dates, sizes and numbers are formatted for the language."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
import pytest
from babel.messages.pofile import read_po
from starlette.requests import Request

import portal
from portal.formatting import breakable, day, moment, number, size, spaced
from portal.language import CATALOGUES, LANGUAGES, language_of
from portal.locale.__main__ import extracted, text_of, updated

PORTAL = Path(portal.__file__).parent
TEMPLATES = sorted((PORTAL / "templates").rglob("*.html"))
SPOKEN = re.compile(r'(?:aria-label|alt|title|placeholder|summary)="([^"]*[A-Za-zÀ-ÿ]{2}[^"]*)"')
NAMES = re.compile(r"SHA-256|Windows \(PowerShell\)|Linux|macOS|Get-FileHash|sha256sum|shasum|English|Français|narrow")
PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_untranslated(language: str) -> None:
    with (CATALOGUES / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    known = {message.id for message in catalogue if message.id}
    assert {message.id for message in extracted() if message.id} == known
    for message in catalogue:
        strings = message.string if isinstance(message.string, tuple | list) else [message.string]
        assert all(strings) or not message.id, message.id
        assert not message.fuzzy or not message.id, message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_names_no_variable_that_the_key_has_not(language: str) -> None:
    with (CATALOGUES / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    for message in catalogue:
        keys = message.id if isinstance(message.id, tuple | list) else [message.id]
        known = {name for key in keys for name in re.findall(r"%\((\w+)\)s", str(key))}
        strings = message.string if isinstance(message.string, tuple | list) else [message.string]
        for string in (str(one).replace("%%", "") for one in strings):
            assert set(re.findall(r"%\((\w+)\)s", string)) <= known, message.id
            assert not re.findall(r"%(?!\()", string) or not message.id, message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogues_are_as_the_tool_writes_them(language: str) -> None:
    kept = (CATALOGUES / language / "LC_MESSAGES" / "messages.po").read_text(encoding="utf-8")
    assert text_of(updated(language, extracted())) == kept


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.relative_to(PORTAL).as_posix())
def test_no_word_stands_in_a_template_unmarked(template: Path) -> None:
    plain = " ".join(_unmarked(template.read_text(encoding="utf-8")))
    assert SPOKEN.findall(plain) == []
    text = re.sub(r'<[^>]*>|&\w+;|[a-z-]+="[^"]*"', " ", plain)
    assert re.findall(r"[A-Za-zÀ-ÿ]{2,}", NAMES.sub(" ", text)) == []


def _unmarked(source: str) -> Iterator[str]:
    """What the template would write whatever the language: its text outside of `trans`, with every tag in place."""
    environment = jinja2.Environment(extensions=["jinja2.ext.i18n"])
    translated, block = False, ""
    for _line, kind, value in environment.lex(source):
        if kind == "block_begin":
            block = ""
        elif kind == "name" and not block:
            block = value
            translated = True if value == "trans" else False if value == "endtrans" else translated
        elif kind == "data" and not translated:
            yield value


def test_no_word_of_a_page_is_in_the_code() -> None:
    """French in a module would be words that no catalogue knows."""
    for path in PORTAL.rglob("*.py"):
        if path.name not in ("streamed_upload.py", "csrf.py", "formatting.py"):
            code = path.read_text(encoding="utf-8").replace("Mélanissimo", "")
            assert not re.findall(r'"[^"]*[éèêàçù][^"]*"', code), path


WHEN = datetime(2025, 12, 1, 13, 5, tzinfo=UTC)


def test_a_date_is_said_in_words_where_the_reader_is() -> None:
    assert day(WHEN, "fr", PARIS) == "lundi 1er décembre 2025"
    assert (
        moment(WHEN, "fr", PARIS)
        == "lundi 1er décembre 2025 à 14\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}05 (heure de Paris)"
    )
    assert moment(WHEN, "en", PARIS) == "Monday 1 December 2025 at 14:05 (Paris time)"
    assert day(datetime(2025, 7, 31, 22, 30, tzinfo=UTC), "en", PARIS) == "Friday 1 August 2025"


@pytest.mark.parametrize(
    ("size_bytes", "french", "english"),
    [
        (0, "0 octet", "0 bytes"),
        (1, "1 octet", "1 byte"),
        (999, "999 octets", "999 bytes"),
        (1_000, "1 ko", "1 kB"),
        (1_482_113, "1,5 Mo", "1.5 MB"),
        (12_800_000, "13 Mo", "13 MB"),
        (999_499, "999 ko", "999 kB"),
        (999_999_999, "1 Go", "1 GB"),
        (20_000_000_000, "20 Go", "20 GB"),
        (5_500_000_000_000, "5,5 To", "5.5 TB"),
    ],
)
def test_a_size_is_said_as_disks_count(size_bytes: int, french: str, english: str) -> None:
    assert size(size_bytes, "fr").replace("\N{NO-BREAK SPACE}", " ") == french
    assert size(size_bytes, "en").replace("\N{NO-BREAK SPACE}", " ") == english


def test_numbers_digests_and_long_names_can_be_read() -> None:
    assert number(1000, "fr") == "1\N{NARROW NO-BREAK SPACE}000"
    assert number(1000, "en") == "1,000"
    assert spaced("0123456789abcdef") == "01234567 89abcdef"
    assert str(breakable("<a>@b/c")) == "&lt;a&gt;<wbr>@b/<wbr>c"


@pytest.mark.parametrize(
    ("query", "cookie", "accepted", "expected"),
    [
        ("", "", None, "fr"),
        ("", "", "en-GB,fr;q=0.5", "en"),
        ("", "", "de, en;q=0.5", "en"),
        ("", "", "de", "fr"),
        ("", "language=en", "fr", "en"),
        ("lang=fr", "language=en", "en", "fr"),
        ("lang=xx", "language=yy", "en", "en"),
    ],
)
def test_the_language_is_the_one_last_asked_for(query: str, cookie: str, accepted: str | None, expected: str) -> None:
    headers = [(b"cookie", cookie.encode())] + ([(b"accept-language", accepted.encode())] if accepted else [])
    scope: dict[str, Any] = {"type": "http", "headers": headers, "query_string": query.encode()}
    assert language_of(Request(scope)) == expected
