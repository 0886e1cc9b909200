"""How are a date, a size and what other people wrote put into words, and into one harmless line?"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from services.contracts.values import Language
from services.kit.idn import display_form
from services.kit.text import normalise
from services.kit.time_zones import time_zone_label
from services.kit.visible import strip_invisible

ADDRESSES = ("address", "recipient")
NO_BREAK = "\N{NO-BREAK SPACE}"
LONGEST_LINE = 500
LONGEST_TEXT = 20_000
UNWANTED = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
# fmt: off
MONTHS: dict[Language, tuple[str, ...]] = {
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
           "novembre", "décembre"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December"),
}
DAYS: dict[Language, tuple[str, ...]] = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
# fmt: on
UNITS: dict[Language, tuple[str, ...]] = {"fr": ("octets", "ko", "Mo", "Go", "To"), "en": ("B", "kB", "MB", "GB", "TB")}


def one_line(raw: str, longest: int = LONGEST_LINE) -> str:
    """What somebody wrote, as one line: no control, format or direction character, no line or paragraph end (R31)."""
    spaced = " ".join(raw[:LONGEST_TEXT].split())
    return shortened(" ".join(normalise(strip_invisible(spaced, UNWANTED), LONGEST_TEXT).split()), longest)


def many_lines(raw: str, longest: int = LONGEST_TEXT) -> str:
    """What somebody wrote, line by line, each of them harmless; empty lines at both ends are dropped."""
    lines = [one_line(line, longest) for line in raw[: longest + 1].splitlines()]
    return shortened("\n".join(lines).strip("\n"), longest)


def shortened(text: str, longest: int) -> str:
    """At most that many characters, the last of them an ellipsis when something was left out."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def harmless(words: Any) -> Any:
    """All strings in what a template is given as harmless lines; only what is named `quoted` keeps its line ends.

    An `address` and a `recipient` are shown in Unicode.
    """
    if isinstance(words, dict):
        return {key: _harmless(key, value) for key, value in words.items()}
    if isinstance(words, str):
        return one_line(words)
    if isinstance(words, list | tuple):
        return [harmless(one) for one in words]
    if isinstance(words, BaseModel):
        return harmless(words.model_dump())
    return words


def _harmless(name: str, value: Any) -> Any:
    if name == "quoted":
        return many_lines(value)
    if name in ADDRESSES and isinstance(value, str):
        return display_form(one_line(value))
    return harmless(value)


def date(moment: datetime, language: Language, zone: ZoneInfo) -> str:
    """`lundi 3 mars 2026 à 14 h 05 (heure de Paris)`, in the configured time zone."""
    local, where = moment.astimezone(zone), time_zone_label(zone, language)
    day, month = DAYS[language][local.weekday()], MONTHS[language][local.month - 1]
    if language == "fr":
        first = "1er" if local.day == 1 else str(local.day)
        return f"{day} {first} {month} {local.year} à {local.hour}{NO_BREAK}h{NO_BREAK}{local.minute:02} ({where})"
    return f"{day} {local.day} {month} {local.year} at {local.hour:02}:{local.minute:02} ({where})"


def size(size_bytes: int, language: Language) -> str:
    """`1,2 Go`: decimal units, as the limits are given."""
    amount, unit = float(size_bytes), 0
    while amount >= 999.95 and unit < len(UNITS[language]) - 1:
        amount, unit = amount / 1000, unit + 1
    number = f"{amount:.0f}" if unit == 0 else f"{amount:.1f}".removesuffix(".0")
    separator = "," if language == "fr" else "."
    return f"{number.replace('.', separator)}{NO_BREAK}{UNITS[language][unit]}"
