"""Sanitise subjects and texts: no control, invisible or direction-changing characters."""

import re

from services.kit.refusals import Unprocessable
from services.kit.text import normalise
from services.kit.visible import strip_invisible
from services.upload.domain.limits import Limits

MAX_CODE_POINTS_PER_CHARACTER = 4
"""How many code points one counted character may take in the input: combining accents, line ends."""
WHITESPACE = re.compile(r"\s+")


class SubjectTooLong(Unprocessable):
    """The subject is longer than allowed."""

    title_fr = "L'objet est trop long."


class TextTooLong(Unprocessable):
    """The text is longer than allowed."""

    title_fr = "Le message est trop long."


def clean_subject(raw: str, limits: Limits) -> str:
    """Return one line without control and direction-changing characters; refuse one that is too long."""
    longest = limits.subject_characters
    most = MAX_CODE_POINTS_PER_CHARACTER * longest
    if len(raw) > most:
        raise SubjectTooLong(limit_characters=longest, characters=len(raw))
    subject = WHITESPACE.sub(" ", _sanitised(WHITESPACE.sub(" ", raw), keeping="", most=most)).strip()
    if len(subject) > longest:
        raise SubjectTooLong(limit_characters=longest, characters=len(subject))
    return subject


def clean_text(raw: str, limits: Limits) -> str:
    """Return lines separated by newlines, without control characters except tabs; refuse a text that is too long."""
    longest = limits.text_characters
    most = MAX_CODE_POINTS_PER_CHARACTER * longest
    if len(raw) > most:
        raise TextTooLong(limit_characters=longest, characters=len(raw))
    lines = raw.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    text = _sanitised(lines, keeping="\n\t", most=most)
    if len(text) > longest:
        raise TextTooLong(limit_characters=longest, characters=len(text))
    return text


def _sanitised(raw: str, keeping: str, most: int) -> str:
    return normalise(strip_invisible(raw, keeping=keeping), most)
