"""Format dates, times, sizes and numbers in French or English, for pages and mails."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel import dates
from babel.numbers import format_decimal

from services.kit.time_zones import time_zone_label

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
LOCALES = {"fr": "fr_FR", "en": "en_GB"}
TIMES = {"fr": f"'à' H'{NO_BREAK_SPACE}h{NO_BREAK_SPACE}'mm", "en": "'at' HH:mm"}
UNITS = {"fr": ("octet", "octets", "ko", "Mo", "Go", "To"), "en": ("byte", "bytes", "kB", "MB", "GB", "TB")}


def format_date(when: date, language: str, form: str = "d MMMM y") -> str:
    """Format a date without a time zone: `2 décembre 2025`; in French the first of a month is `1er`."""
    words = f" {dates.format_date(when, form, locale=LOCALES[language])}"
    return (words.replace(" 1 ", " 1er ", 1) if language == "fr" else words).strip()


def format_day(when: datetime, language: str, zone: ZoneInfo) -> str:
    """Format the day on which a time is in a zone: `mardi 2 décembre 2025`."""
    return format_date(when.astimezone(zone).date(), language, "EEEE d MMMM y")


def format_date_time(when: datetime, language: str, zone: ZoneInfo) -> str:
    """Format a time with its zone, as readers may be elsewhere: `mardi 2 décembre 2025 à 14 h 05 (heure de Paris)`."""
    time = dates.format_time(when.astimezone(zone), TIMES[language], locale=LOCALES[language])
    return f"{format_day(when, language, zone)} {time} ({time_zone_label(zone, language)})"


def format_size(size_bytes: int, language: str) -> str:
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


def format_number(value: int, language: str) -> str:
    """Format a number: `1 000`."""
    shown: str = format_decimal(value, locale=LOCALES[language])
    return shown
