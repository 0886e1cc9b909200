"""Format dates and sizes, and make what other people wrote safe to show on one line."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from services.contracts.values import Language
from services.kit.idn import display_form
from services.kit.text import clean_line
from services.kit.time_zones import time_zone_label

ADDRESS_KEYS = ("address", "recipient")
NBSP = "\N{NO-BREAK SPACE}"
MAX_LINE_LENGTH = 500
MAX_TEXT_LENGTH = 20_000
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


def one_line(raw: str, max_length: int = MAX_LINE_LENGTH) -> str:
    """Return text of others as one line, which cannot forge a header (R31)."""
    return shorten(clean_line(raw[:MAX_TEXT_LENGTH], MAX_TEXT_LENGTH), max_length)


def many_lines(raw: str, max_length: int = MAX_TEXT_LENGTH) -> str:
    """Return text of others with each line made safe, and without empty lines at both ends."""
    lines = [one_line(line, max_length) for line in raw[: max_length + 1].splitlines()]
    return shorten("\n".join(lines).strip("\n"), max_length)


def shorten(text: str, max_length: int) -> str:
    """Return at most that many characters, the last of them an ellipsis when something was left out."""
    return text if len(text) <= max_length else text[: max_length - 1].rstrip() + "…"


def sanitise(values: Any) -> Any:
    """Return the values of a template context with every string as one safe line; `quoted` keeps its line ends.

    The domain of an `address` or a `recipient` is shown in Unicode.
    """
    if isinstance(values, dict):
        return {key: _sanitise_value(key, value) for key, value in values.items()}
    if isinstance(values, str):
        return one_line(values)
    if isinstance(values, list | tuple):
        return [sanitise(one) for one in values]
    if isinstance(values, BaseModel):
        return sanitise(values.model_dump())
    return values


def _sanitise_value(name: str, value: Any) -> Any:
    if name == "quoted":
        return many_lines(value)
    if name in ADDRESS_KEYS and isinstance(value, str):
        return display_form(one_line(value))
    return sanitise(value)


def format_date(moment: datetime, language: Language, zone: ZoneInfo) -> str:
    """Return `lundi 3 mars 2026 à 14 h 05 (heure de Paris)`, in this time zone."""
    local, where = moment.astimezone(zone), time_zone_label(zone, language)
    day, month = DAYS[language][local.weekday()], MONTHS[language][local.month - 1]
    if language == "fr":
        first = "1er" if local.day == 1 else str(local.day)
        return f"{day} {first} {month} {local.year} à {local.hour}{NBSP}h{NBSP}{local.minute:02} ({where})"
    return f"{day} {local.day} {month} {local.year} at {local.hour:02}:{local.minute:02} ({where})"


def format_size(size_bytes: int, language: Language) -> str:
    """Return `1,2 Go`: in decimal units, like the limits."""
    amount, unit = float(size_bytes), 0
    while amount >= 999.95 and unit < len(UNITS[language]) - 1:
        amount, unit = amount / 1000, unit + 1
    number = f"{amount:.0f}" if unit == 0 else f"{amount:.1f}".removesuffix(".0")
    separator = "," if language == "fr" else "."
    return f"{number.replace('.', separator)}{NBSP}{UNITS[language][unit]}"
