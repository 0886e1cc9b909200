"""What may a person call themselves? Declared, not verified: only made safe to show and to write."""

import unicodedata

from services.kit.refusals import Unprocessable
from services.kit.text import MAX_SHORT_LENGTH, normalise
from services.kit.visible import strip_invisible

LONGEST = 100
INVISIBLE = ("Cc", "Cf", "Co", "Cs", "Cn")
BREAKS = "\t\n\v\f\r\x85\u2028\u2029"


class PersonNameNotAcceptable(Unprocessable):
    """A last name and a first name are needed, of at most 100 characters each."""

    title_fr = "Un nom et un prénom sont nécessaires, de 100 caractères au plus chacun."


def declared_name(raw: str) -> str:
    """A name in NFC, on one line, without control, format and direction characters; holds at least one letter.

    Refuses what is empty or longer than 100 characters after that, and what is no line before.
    """
    if len(raw) > MAX_SHORT_LENGTH:
        raise PersonNameNotAcceptable(longest=LONGEST)
    spaced = "".join(" " if character in BREAKS else character for character in raw)
    name = " ".join(normalise(strip_invisible(spaced, INVISIBLE), MAX_SHORT_LENGTH).split())
    if len(name) > LONGEST or not any(unicodedata.category(character).startswith("L") for character in name):
        raise PersonNameNotAcceptable(longest=LONGEST)
    return name


def full_name(first_name: str, last_name: str) -> str:
    """As it is shown and mailed: first name, then last name."""
    return f"{declared_name(first_name)} {declared_name(last_name)}"
