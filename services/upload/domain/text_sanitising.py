"""Sanitise subjects and texts: no control, invisible or direction-changing characters."""

from services.kit.refusals import Unprocessable
from services.kit.text import clean_line, clean_lines
from services.upload.domain.limits import Limits

MAX_CODE_POINTS_PER_CHARACTER = 4
"""How many code points one counted character may take in the input: combining accents, line ends."""


class SubjectTooLong(Unprocessable):
    """The subject is longer than allowed."""

    title_fr = "L'objet est trop long."
    limit_characters: int
    characters: int


class TextTooLong(Unprocessable):
    """The text is longer than allowed."""

    title_fr = "Le message est trop long."
    limit_characters: int
    characters: int


def clean_subject(raw: str, limits: Limits) -> str:
    """Return one line without control and direction-changing characters; refuse one that is too long."""
    longest = limits.subject_characters
    most = MAX_CODE_POINTS_PER_CHARACTER * longest
    if len(raw) > most:
        raise SubjectTooLong(limit_characters=longest, characters=len(raw))
    subject = clean_line(raw, most)
    if len(subject) > longest:
        raise SubjectTooLong(limit_characters=longest, characters=len(subject))
    return subject


def clean_text(raw: str, limits: Limits) -> str:
    """Return lines separated by newlines, without control characters except tabs; refuse a text that is too long."""
    longest = limits.text_characters
    most = MAX_CODE_POINTS_PER_CHARACTER * longest
    if len(raw) > most:
        raise TextTooLong(limit_characters=longest, characters=len(raw))
    text = clean_lines(raw, most)
    if len(text) > longest:
        raise TextTooLong(limit_characters=longest, characters=len(text))
    return text
