"""Remove the invisible characters of a text, except joiners that a script or an emoji needs."""

import re
import unicodedata
from collections.abc import Collection

NON_JOINER, JOINER = "\u200c", "\u200d"
SCRIPTS = re.compile("[\u0620-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u18af\U00011000-\U00011fff]")
"""Arabic and related scripts, those of India and Sri Lanka, Burmese, Khmer, Mongolian: they use joiners."""
VARIATION = "\ufe0f"


def strip_invisible(text: str, unwanted: Collection[str] = ("Cc", "Cf", "Cs"), keeping: str = "") -> str:
    """Return the text without characters of the `unwanted` Unicode categories, except those in `keeping`.

    A joiner stays between two characters of a script that uses joiners, and between two emoji. Elsewhere it is
    invisible, and a name with it would look like the same name without. A repeated call changes nothing.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        sign
        for at, sign in enumerate(text)
        if sign in keeping or _joins(text, at) or unicodedata.category(sign) not in unwanted
    )


def _joins(text: str, at: int) -> bool:
    if text[at] not in (NON_JOINER, JOINER) or not 0 < at < len(text) - 1:
        return False
    before, after = text[at - 1], text[at + 1]
    if SCRIPTS.match(before) and SCRIPTS.match(after):
        return True
    return text[at] == JOINER and (before == VARIATION or _is_picture(before)) and _is_picture(after)


def _is_picture(sign: str) -> bool:
    """An emoji, or the colour of one."""
    return sign > "\u2000" and unicodedata.category(sign) in ("So", "Sk")
