"""How are dates, sizes and numbers said? In the reader's language, and dates in words."""

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
NARROW, WIDE = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"


def filters(language: str, zone: ZoneInfo) -> dict[str, Callable[..., Any]]:
    """The filters of the templates of one language."""
    return {
        "date": partial(date_words, language=language),
        "day": partial(day, language=language, zone=zone),
        "moment": partial(moment, language=language, zone=zone),
        "size": partial(size, language=language),
        "number": partial(number, language=language),
        "readable": display_form,
        "spaced": spaced,
        "breakable": breakable,
    }


def day(when: datetime, language: str, zone: ZoneInfo) -> str:
    """`mardi 2 décembre 2025`; the first of a month is `1er`."""
    return date_words(when.astimezone(zone).date(), language, "EEEE d MMMM y")


def date_words(when: date, language: str, form: str = "d MMMM y") -> str:
    """`2 décembre 2025`, of a day that is the same everywhere."""
    words = f" {format_date(when, form, locale=LOCALES[language])}"
    return (words.replace(" 1 ", " 1er ", 1) if language == "fr" else words).strip()


def moment(when: datetime, language: str, zone: ZoneInfo) -> str:
    """`mardi 2 décembre 2025 à 14 h 05 (heure de Paris)`: not everybody who reads it lives there."""
    there = when.astimezone(zone)
    if language == "fr":
        clock = f"à {there.hour}{WIDE}h{WIDE}{there.minute:02}"
    else:
        clock = f"at {format_time(there, 'HH:mm', locale=LOCALES[language])}"
    return f"{day(when, language, zone)} {clock} ({time_zone_label(zone, language)})"


def size(size_bytes: int, language: str) -> str:
    """`1,5 Mo`: decimal units, as disks and limits are counted; one digit after the comma below ten."""
    one, many, *larger = UNITS[language]
    if size_bytes < 1_000:
        return f"{size_bytes}{WIDE}{one if size_bytes == 1 or (language == 'fr' and not size_bytes) else many}"
    value, unit = float(size_bytes), larger[-1]
    for name in larger:
        value, unit = value / 1_000, name
        if value < 999.5:
            break
    shown = format_decimal(value, format="0.#" if value < 9.95 else "0", locale=LOCALES[language])
    return f"{shown}{WIDE}{unit}"


def number(value: int, language: str) -> str:
    """`1 000`."""
    shown: str = format_decimal(value, locale=LOCALES[language])
    return shown


def spaced(digest: str) -> str:
    """A digest in groups of eight, for the eye."""
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))


def breakable(text: str) -> Markup:
    """An address or a path that may be broken before its `@` and after each `/`, and nowhere else if it fits."""
    return Markup(escape(text).replace("@", Markup("<wbr>@")).replace("/", Markup("/<wbr>")))  # noqa: S704 - escaped


def days_from(when: datetime, days: int) -> datetime:
    """So many days of 24 hours later, as the end of a transfer is counted."""
    return when + timedelta(days=days)
