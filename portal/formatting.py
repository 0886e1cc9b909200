"""The filters of the templates, and how they show digests and long names."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from services.kit.formatting import format_date, format_date_time, format_day, format_number, format_size
from services.kit.idn import display_form


def filters(language: str, zone: ZoneInfo) -> dict[str, Callable[..., Any]]:
    """Return the template filters of one language."""
    return {
        "date": partial(format_date, language=language),
        "day": partial(format_day, language=language, zone=zone),
        "moment": partial(format_date_time, language=language, zone=zone),
        "size": partial(format_size, language=language),
        "number": partial(format_number, language=language),
        "readable": display_form,
        "spaced": spaced,
        "breakable": breakable,
    }


def spaced(digest: str) -> str:
    """Return a digest in groups of eight characters."""
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))


def breakable(text: str) -> Markup:
    """Return an address or a path as HTML that may wrap before `@` and after `/`."""
    return Markup(escape(text).replace("@", Markup("<wbr>@")).replace("/", Markup("/<wbr>")))  # noqa: S704 - escaped


def days_from(when: datetime, days: int) -> datetime:
    """Return the time this many days of 24 hours later, as the end of a transfer is computed."""
    return when + timedelta(days=days)
