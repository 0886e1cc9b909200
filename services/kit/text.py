"""How is text taken in that others wrote? Its size is bounded before anything is done that costs more than reading it.

This is the one door to Unicode normal forms: normalising sorts the combining marks that follow one another, in a time
that grows with the square of their number, so that 64 kB of them would hold a process for seconds.
"""

import unicodedata
from typing import Annotated, Literal

from pydantic import StringConstraints

from services.kit.refusals import TooLarge

LONGEST_LINE = 1_000
LONGEST_PAGE = 100_000
MOST_MARKS = 30
"""Combining marks in a row, more than any language writes (UAX #15, Stream-Safe Text Format)."""

NormalForm = Literal["NFC", "NFKC", "NFKD"]

Line = Annotated[str, StringConstraints(max_length=LONGEST_LINE)]
"""One thing that a request says: an address, a name, an id, a key. A rule may bound it further."""

Page = Annotated[str, StringConstraints(max_length=LONGEST_PAGE)]
"""What somebody typed or pasted; a rule bounds it further before it normalises it."""


def normalized(text: str, longest: int, form: NormalForm = "NFC") -> str:
    """The text in a normal form, without the marks after the 30th in a row; normalising that again changes nothing.

    Takes a time in proportion to the length. `TooLarge` for more than `longest` characters: whoever has better words
    for it refuses, or shortens, before.
    """
    return _in_form(_bounded(text, longest), form)


def folded(text: str, longest: int, form: NormalForm = "NFC") -> str:
    """The same without case, for comparing."""
    return _in_form(_bounded(text, longest).casefold(), form)


def _bounded(text: str, longest: int) -> str:
    if len(text) > longest:
        raise TooLarge(limit_characters=longest)
    return text


def _in_form(text: str, form: NormalForm) -> str:
    return text if text.isascii() else unicodedata.normalize(form, _with_few_marks(text))


def _with_few_marks(text: str) -> str:
    kept, run = [], 0
    for sign in text:
        run = 0 if sign.isascii() else _run(run, sign)
        if run <= MOST_MARKS:
            kept.append(sign)
    return "".join(kept)


def _run(before: int, sign: str) -> int:
    """How many marks follow one another at the end, `before` of them before this sign; counted when decomposed."""
    parts = unicodedata.normalize("NFKD", sign)
    letters = [at for at, part in enumerate(parts) if not unicodedata.combining(part)]
    return len(parts) - 1 - letters[-1] if letters else before + len(parts)
