"""Clean and normalise text of others; its size is bounded before any expensive operation.

No other module uses Unicode normal forms: normalisation sorts consecutive combining marks in a time that grows with
the square of their number, so that 64 kB of them would block a process for seconds.
"""

import re
import unicodedata
from itertools import groupby
from typing import Annotated, Literal

from pydantic import StringConstraints

from services.kit.refusals import ContentTooLarge
from services.kit.visible import strip_invisible

MAX_SHORT_LENGTH = 1_000
MAX_LONG_LENGTH = 100_000
MAX_MARKS = 13
"""In a row, more than any language uses. A mark may decompose into two and a letter bring three, so that at most 30 are
sorted (UAX #15, Stream-Safe Text Format)."""

INVISIBLE = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")
"""The categories that a text must not have: they could forge a header, hide a letter or change the direction."""
LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029]")

NormalForm = Literal["NFC", "NFKC", "NFKD"]

ShortText = Annotated[str, StringConstraints(max_length=MAX_SHORT_LENGTH)]
"""A short string of a request: an address, a name, an id, a key. A rule may bound it further."""

LongText = Annotated[str, StringConstraints(max_length=MAX_LONG_LENGTH)]
"""A text that a person typed or pasted; a rule bounds it further before normalising it."""


def clean_line(text: str, max_length: int) -> str:
    """Return text of others as one line in NFC: a space for each run of blanks, nothing invisible (R31).

    Raises what `normalise` raises.
    """
    visible = strip_invisible(" ".join(text.split()), INVISIBLE)
    return " ".join(normalise(visible, max_length).split())


def clean_lines(text: str, max_length: int) -> str:
    """Return text of others in NFC, with a newline at each line end, and nothing invisible but tabs.

    Raises what `normalise` raises.
    """
    return normalise(strip_invisible(LINE_ENDS.sub("\n", text), INVISIBLE, keeping="\n\t"), max_length)


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
    """Return the characters that decompose into marks only, as ranges of a character class."""
    ranges = [list(run) for is_mark, run in groupby(map(chr, codes), _is_mark) if is_mark]
    return "".join(f"{run[0]}-{run[-1]}" for run in ranges)


def _is_mark(sign: str) -> bool:
    if not unicodedata.decomposition(sign):
        return unicodedata.combining(sign) > 0
    return all(map(unicodedata.combining, unicodedata.normalize("NFKD", sign)))


WITHIN, LAST = 0xFFFF, 0x1FFFF
BEYOND = re.compile(r"[\U00010000-\U0010ffff]")
RUNS_WITHIN = re.compile(f"[{_marks(range(0x300, WITHIN + 1))}]{{{MAX_MARKS + 1},}}")
"""For text with 16-bit characters only, which is searched ten times as fast."""
RUNS = re.compile(f"[{_marks(range(0x300, LAST + 1))}]{{{MAX_MARKS + 1},}}")
