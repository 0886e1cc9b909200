"""Which invisible characters stay? Joiners where a script or an emoji is written with them, and no others."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.names import declared_name
from services.download.zip.names import clean
from services.kit.visible import strip_invisible
from services.notify.content.formatting import one_line
from services.upload.domain.file_names import clean_path
from services.upload.domain.text_sanitising import clean_subject, clean_text
from tests.unit.upload.sample import LIMITS

FAMILY = "👩\u200d👩\u200d👦"
KEPT = {
    "a family": FAMILY,
    "a profession and a skin tone": "👩🏽\u200d💻",
    "a variation selector": "❤\ufe0f\u200d🔥",
    "Persian": "می\u200cخواهم",
    "Hindi": "क्\u200dष",
    "Sinhala": "ශ්\u200dරී",
}
DROPPED = {
    "pay\u200dpal.pdf": "paypal.pdf",
    "e\u200cxe": "exe",
    "\u200da\u200c": "a",
    "👩\u200d": "👩",
    "👩\u200d\u200d👦": "👩👦",
    "👩\u200c👦": "👩👦",
    "a\u200d👦": "a👦",
    "م\u200da": "مa",
    "a\u202eb\u200bc\ufeff": "abc",
}


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT.keys())
def test_a_joiner_that_is_written_stays_in_every_name_and_text(text: str) -> None:
    text = unicodedata.normalize("NFC", text)
    assert strip_invisible(text) == text
    assert clean_path(f"{text}.pdf", LIMITS) == f"{text}.pdf"
    assert clean(f"{text}.pdf") == f"{text}.pdf"
    assert clean_subject(text, LIMITS) == clean_text(text, LIMITS) == one_line(text) == text
    assert declared_name(f"A {text}") == f"A {text}"


@pytest.mark.parametrize(("text", "expected"), DROPPED.items(), ids=ascii)
def test_a_joiner_that_nobody_can_see_goes(text: str, expected: str) -> None:
    assert strip_invisible(text) == expected
    assert clean_path(f"x{text}.pdf", LIMITS) == f"x{expected}.pdf"
    assert clean_subject(text, LIMITS) == one_line(text) == expected


@pytest.mark.parametrize("length", range(20, 60))
def test_a_name_that_is_shortened_ends_with_no_joiner(length: int) -> None:
    name = "x" * length + FAMILY * 40 + ".pdf"
    for cleaned in (clean_path(name, LIMITS), clean(name)):
        assert clean_path(cleaned, LIMITS) == clean(cleaned) == cleaned


@given(st.text(alphabet="a👩🏽\u200c\u200d\ufe0fمक्්ශ\u200b\n", max_size=20))
def test_doing_it_again_changes_nothing(text: str) -> None:
    once = strip_invisible(text)
    assert strip_invisible(once) == once
    assert clean_subject(clean_subject(text, LIMITS), LIMITS) == clean_subject(text, LIMITS)
    assert clean(clean(text)) == clean(text)
