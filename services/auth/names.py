"""Declared names of persons: not verified, only made safe to display and to write in a mail."""

import unicodedata

from services.kit.refusals import Unprocessable
from services.kit.text import MAX_SHORT_LENGTH, clean_line

MAX_LENGTH = 100


class PersonNameNotAcceptable(Unprocessable):
    """A last name and a first name are needed, of at most 100 characters each."""

    title_fr = "Un nom et un prénom sont nécessaires, de 100 caractères au plus chacun."
    longest: int


def declared_name(raw: str) -> str:
    """Return a name in NFC, on one line, without control, format and direction characters.

    Raise `PersonNameNotAcceptable` for a name without a letter, one longer than `MAX_LENGTH` characters after that, or
    one longer than `MAX_SHORT_LENGTH` before.
    """
    if len(raw) > MAX_SHORT_LENGTH:
        raise PersonNameNotAcceptable(longest=MAX_LENGTH)
    name = clean_line(raw, MAX_SHORT_LENGTH)
    if len(name) > MAX_LENGTH or not any(unicodedata.category(character).startswith("L") for character in name):
        raise PersonNameNotAcceptable(longest=MAX_LENGTH)
    return name


def full_name(first_name: str, last_name: str) -> str:
    """Return the name as it is displayed: first name, then last name."""
    return f"{declared_name(first_name)} {declared_name(last_name)}"
