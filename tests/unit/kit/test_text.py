"""Text is bounded before it is normalised, and normalising it takes a time in proportion to its length."""

import sys
import unicodedata
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.refusals import ContentTooLarge
from services.kit.text import MAX_MARKS, RUNS, RUNS_WITHIN, NormalForm, fold_case, normalise

HEAPED = "\u0301\u0327\u0f73\u0345\u0344\u3099\uff9e\U0001e944"
SORTED_AT_ONCE = 30


def test_text_that_is_too_long_is_refused_before_it_is_normalised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.kit.text._limit_marks", lambda _text: pytest.fail("it was looked into"))
    for take_in in (normalise, fold_case):
        with pytest.raises(ContentTooLarge):
            take_in("\u0301" * 1_001, 1_000)


@pytest.mark.parametrize("mark", HEAPED, ids=ascii)
def test_no_more_marks_are_sorted_at_once_than_thirty(mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sorting marks is what takes quadratic time, so it is what is bounded."""
    taken_in = []
    real = unicodedata.normalize

    def spy(form: NormalForm, text: str) -> str:
        taken_in.append(_longest_run(real("NFD", text[:1_000])))
        return real(form, text)

    monkeypatch.setattr("services.kit.text.unicodedata.normalize", spy)
    assert normalise("e" + (mark + "\u0327") * 5_000 + "e\u0301", 20_000).endswith("é")
    assert max(taken_in) <= SORTED_AT_ONCE


def _longest_run(text: str) -> int:
    longest = run = 0
    for sign in text:
        run = run + 1 if unicodedata.combining(sign) else 0
        longest = max(longest, run)
    return longest


def test_marks_that_a_letter_holds_already_count_too() -> None:
    once = normalise("\u01d6" + "\u0323" * MAX_MARKS, 1_000)
    assert normalise(once, 1_000) == once


@given(st.text(st.one_of(st.characters(), st.sampled_from(HEAPED)), max_size=200))
def test_normalising_again_changes_nothing(raw: str) -> None:
    once = normalise(raw, 1_000)
    assert normalise(once, 4_000) == once
    assert unicodedata.is_normalized("NFC", once)


@pytest.mark.parametrize("form", get_args(NormalForm))
@given(raw=st.text(max_size=MAX_MARKS // 2))
def test_text_without_long_runs_of_marks_is_normalised_as_ever(form: NormalForm, raw: str) -> None:
    assert normalise(raw, 1_000, form) == unicodedata.normalize(form, raw)


def test_marks_and_letters_hold_no_more_marks_than_is_reckoned_with() -> None:
    """By which a text that needs no closer look is known."""
    signs = [chr(code) for code in range(sys.maxunicode + 1)]
    decomposed = {sign: unicodedata.normalize("NFKD", sign) for sign in signs}
    marks = {sign for sign in signs if all(map(unicodedata.combining, decomposed[sign]))}
    assert all(RUNS.fullmatch((MAX_MARKS + 1) * sign) for sign in marks)
    assert not any(RUNS.fullmatch((MAX_MARKS + 1) * sign) for sign in set(signs) - marks)
    of_a_mark = max(len(decomposed[sign]) for sign in marks)
    of_a_letter = max(_longest_run(decomposed[sign]) for sign in signs if sign not in marks)
    assert MAX_MARKS * of_a_mark + of_a_letter <= SORTED_AT_ONCE


def test_text_of_small_signs_is_looked_through_for_the_same_marks() -> None:
    signs = [chr(code) for code in range(0x10000)]
    found = [sign for sign in signs if RUNS.fullmatch((MAX_MARKS + 1) * sign)]
    assert found == [sign for sign in signs if RUNS_WITHIN.fullmatch((MAX_MARKS + 1) * sign)]
