"""Formats dates, sizes and numbers in the language of the reader."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from babel.numbers import format_decimal
from markupsafe import Markup, escape

from services.kit.idn import display_form
from services.kit.time_zones import time_zone_label

LOCALES = {"fr": "fr_FR", "en": "en_GB"}
UNITS = {"fr": ("octet", "octets", "ko", "Mo", "Go", "To"), "en": ("byte", "bytes", "kB", "MB", "GB", "TB")}
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


def filters(language: str, zone: ZoneInfo) -> dict[str, Callable[..., Any]]:
    """Return the template filters of one language."""
    return {
        "date": partial(format_day, language=language),
        "day": partial(day, language=language, zone=zone),
        "moment": partial(moment, language=language, zone=zone),
        "size": partial(size, language=language),
        "number": partial(number, language=language),
        "readable": display_form,
        "spaced": spaced,
        "breakable": breakable,
    }


def day(when: datetime, language: str, zone: ZoneInfo) -> str:
    """Format a day: `mardi 2 décembre 2025`."""
    return format_day(when.astimezone(zone).date(), language, "EEEE d MMMM y")


def format_day(when: date, language: str, form: str = "d MMMM y") -> str:
    """Format a date without a time zone: `2 décembre 2025`; in French the first of a month is `1er`."""
    words = f" {format_date(when, form, locale=LOCALES[language])}"
    return (words.replace(" 1 ", " 1er ", 1) if language == "fr" else words).strip()


def moment(when: datetime, language: str, zone: ZoneInfo) -> str:
    """Format a time with its zone, as readers may be elsewhere: `mardi 2 décembre 2025 à 14 h 05 (heure de Paris)`."""
    local = when.astimezone(zone)
    if language == "fr":
        clock = f"à {local.hour}{NO_BREAK_SPACE}h{NO_BREAK_SPACE}{local.minute:02}"
    else:
        clock = f"at {format_time(local, 'HH:mm', locale=LOCALES[language])}"
    return f"{day(when, language, zone)} {clock} ({time_zone_label(zone, language)})"


def size(size_bytes: int, language: str) -> str:
    """Format a size in decimal units, with one decimal place below ten: `1,5 Mo`."""
    one, many, *larger = UNITS[language]
    if size_bytes < 1_000:
        is_one = size_bytes == 1 or (language == "fr" and not size_bytes)
        return f"{size_bytes}{NO_BREAK_SPACE}{one if is_one else many}"
    value, unit = float(size_bytes), larger[-1]
    for name in larger:
        value, unit = value / 1_000, name
        if value < 999.5:
            break
    shown = format_decimal(value, format="0.#" if value < 9.95 else "0", locale=LOCALES[language])
    return f"{shown}{NO_BREAK_SPACE}{unit}"


def number(value: int, language: str) -> str:
    """Format a number: `1 000`."""
    shown: str = format_decimal(value, locale=LOCALES[language])
    return shown


def spaced(digest: str) -> str:
    """Return a digest in groups of eight characters."""
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))


def breakable(text: str) -> Markup:
    """Return an address or a path as HTML that may wrap before `@` and after `/`."""
    return Markup(escape(text).replace("@", Markup("<wbr>@")).replace("/", Markup("/<wbr>")))  # noqa: S704 - escaped


def days_from(when: datetime, days: int) -> datetime:
    """Return the time this many days of 24 hours later, as the end of a transfer is computed."""
    return when + timedelta(days=days)
