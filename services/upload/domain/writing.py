"""What may a subject and a text hold? Letters, not orders to a terminal, a mail header or a reader's eye."""

import re
import unicodedata

from services.kit.refusals import Unprocessable
from services.kit.visible import visible
from services.upload.domain.limits import Limits

BLANKS = re.compile(r"\s+")


class SubjectTooLong(Unprocessable):
    """The subject is longer than allowed."""

    french = "L'objet est trop long."


class TextTooLong(Unprocessable):
    """The text is longer than allowed."""

    french = "Le message est trop long."


def clean_subject(raw: str, limits: Limits) -> str:
    """One line, without control and direction-changing characters; refuses one that is too long."""
    subject = BLANKS.sub(" ", _seen(BLANKS.sub(" ", raw), keeping="")).strip()
    if len(subject) > limits.subject_characters:
        raise SubjectTooLong(limit_characters=limits.subject_characters, characters=len(subject))
    return subject


def clean_text(raw: str, limits: Limits) -> str:
    """Lines ended by a newline, without control characters but the tab; refuses one that is too long."""
    lines = raw.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    text = _seen(lines, keeping="\n\t")
    if len(text) > limits.text_characters:
        raise TextTooLong(limit_characters=limits.text_characters, characters=len(text))
    return text


def _seen(raw: str, keeping: str) -> str:
    return unicodedata.normalize("NFC", visible(raw, keeping=keeping))
