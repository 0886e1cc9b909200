"""Every text is in both catalogues; dates, sizes and numbers are formatted for the language."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
import pytest
from babel.messages.pofile import read_po
from starlette.requests import Request

import portal
from portal.formatting import breakable, spaced
from portal.language import CATALOGUES, LANGUAGES, language_of
from portal.locale.__main__ import extracted, text_of, updated

PORTAL = Path(portal.__file__).parent
TEMPLATES = sorted((PORTAL / "templates").rglob("*.html"))
SPOKEN = re.compile(r'(?:aria-label|alt|title|placeholder|summary)="([^"]*[A-Za-zÀ-ÿ]{2}[^"]*)"')
NAMES = re.compile(r"SHA-256|Windows \(PowerShell\)|Linux|macOS|Get-FileHash|sha256sum|shasum|English|Français|narrow")


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


def test_digests_and_long_names_can_be_read() -> None:
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
