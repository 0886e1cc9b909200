"""A declared name is safe to show and to mail, whatever was typed."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.names import MAX_LENGTH, PersonNameNotAcceptable, declared_name, full_name


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Dupont", "Dupont"),
        ("  d'Arc \n", "d'Arc"),
        ("Jean\r\nBcc: eva@evil.com", "Jean Bcc: eva@evil.com"),
        ("Jean\tPierre", "Jean Pierre"),
        ("Jean\u2028Pierre", "Jean Pierre"),
        ("Jean\u00a0\u3000Pierre", "Jean Pierre"),
        ("A\x00n\x1ba", "Ana"),
        ("\u202eana\u202c", "ana"),
        ("\u2066ana\u2069\u200b\ufeff", "ana"),
        ("E\u0301lise", "Élise"),
        ("Noe\u200d\u0308l", "Noël"),
        ("李", "李"),
        ("𠮷", "𠮷"),
        ("a" * MAX_LENGTH, "a" * MAX_LENGTH),
        ("  " + "a" * MAX_LENGTH + "\u200b", "a" * MAX_LENGTH),
    ],
    ids=ascii,
)
def test_a_name_is_cleaned(raw: str, expected: str) -> None:
    assert declared_name(raw) == expected


@pytest.mark.parametrize("raw", ["", "  ", "\u200b", "\n", "---", "42", "\u0301", "a" * (MAX_LENGTH + 1)], ids=ascii)
def test_what_is_no_name_is_refused(raw: str) -> None:
    with pytest.raises(PersonNameNotAcceptable):
        declared_name(raw)


def test_the_first_name_comes_first() -> None:
    assert full_name(" Jeanne ", " d'Arc ") == "Jeanne d'Arc"


@given(st.text(max_size=150))
def test_a_cleaned_name_is_clean_for_good(raw: str) -> None:
    try:
        name = declared_name(raw)
    except PersonNameNotAcceptable:
        return
    assert declared_name(name) == name
    assert 0 < len(name) <= MAX_LENGTH
    assert not any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in name)
