"""How is text taken in that others wrote? Its size is bounded before anything is done that costs more than reading it.

This is the one door to Unicode normal forms: normalising sorts the combining marks that follow one another, in a time
that grows with the square of their number, so that 64 kB of them would hold a process for seconds.
"""

import re
import unicodedata
from itertools import groupby
from typing import Annotated, Literal

from pydantic import StringConstraints

from services.kit.refusals import ContentTooLarge

MAX_SHORT_LENGTH = 1_000
MAX_LONG_LENGTH = 100_000
MAX_MARKS = 13
"""In a row, more than any language writes. A sign may stand for two and a letter bring three, so that never more than
30 are sorted (UAX #15, Stream-Safe Text Format)."""

NormalForm = Literal["NFC", "NFKC", "NFKD"]

ShortText = Annotated[str, StringConstraints(max_length=MAX_SHORT_LENGTH)]
"""One thing that a request says: an address, a name, an id, a key. A rule may bound it further."""

LongText = Annotated[str, StringConstraints(max_length=MAX_LONG_LENGTH)]
"""What somebody typed or pasted; a rule bounds it further before it normalises it."""


def normalise(text: str, max_length: int, form: NormalForm = "NFC") -> str:
    """Return the text in a normal form, with at most 13 combining marks in a row; the result is a fixed point.

    The time is proportional to the length. Raises `ContentTooLarge` for more than `max_length` characters; callers
    with a better message check or shorten the text first.
    """
    return _normalise_bounded(_refuse_longer(text, max_length), form)


def fold_case(text: str, max_length: int, form: NormalForm = "NFC") -> str:
    """Return the text in a normal form and without case, for comparisons."""
    return _normalise_bounded(_refuse_longer(text, max_length).casefold(), form)


def _refuse_longer(text: str, max_length: int) -> str:
    if len(text) > max_length:
        raise ContentTooLarge(limit_characters=max_length)
    return text


def _normalise_bounded(text: str, form: NormalForm) -> str:
    if text.isascii():
        return text
    return _limit_marks(unicodedata.normalize(form, _limit_marks(text)))


def _limit_marks(text: str) -> str:
    runs = RUNS if BEYOND.search(text) else RUNS_WITHIN
    return runs.sub(lambda run: run[0][:MAX_MARKS], text)


def _marks(codes: range) -> str:
    """The signs of which nothing but marks is left when they are decomposed, as ranges of a character class."""
    signs = [chr(code) for code in codes]
    marks = [all(map(unicodedata.combining, unicodedata.normalize("NFKD", sign))) for sign in signs]
    ranges = [list(run) for is_mark, run in groupby(signs, dict(zip(signs, marks, strict=True)).get) if is_mark]
    return "".join(f"{run[0]}-{run[-1]}" for run in ranges)


WITHIN, LAST = 0xFFFF, 0x1FFFF
BEYOND = re.compile(r"[\U00010000-\U0010ffff]")
RUNS_WITHIN = re.compile(f"[{_marks(range(0x300, WITHIN + 1))}]{{{MAX_MARKS + 1},}}")
"""For text whose signs all have 16 bits: that is looked through ten times as fast."""
RUNS = re.compile(f"[{_marks(range(0x300, LAST + 1))}]{{{MAX_MARKS + 1},}}")
