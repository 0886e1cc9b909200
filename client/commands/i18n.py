"""French and English messages; formats of sizes, dates and durations; text from others made safe to print."""

import os
from collections.abc import Mapping
from datetime import datetime

from client.visible import strip_invisible

UNITS = (("o", "B"), ("ko", "kB"), ("Mo", "MB"), ("Go", "GB"), ("To", "TB"))


def language_of(environment: Mapping[str, str]) -> str:
    """Return `fr` or `en` by the first of LC_ALL, LC_MESSAGES and LANG that is set; `fr` if none is."""
    locale = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "fr")
    return "fr" if locale.lower().startswith("fr") else "en"


LANGUAGE = language_of(os.environ)


def translate(french: str, english: str) -> str:
    """Return the text in the user's language."""
    return french if LANGUAGE == "fr" else english


COLON = translate(" : ", ": ")


def printable(text: str, keeping: str = "") -> str:
    """Remove what would control a terminal or change the direction of the text."""
    return strip_invisible(text, ("Cc", "Cf", "Cs", "Zl", "Zp"), keeping)


def format_size(size_bytes: int) -> str:
    """Format bytes with decimal units."""
    value, unit = float(size_bytes), 0
    while value >= 999.5 and unit < len(UNITS) - 1:
        value, unit = value / 1000, unit + 1
    number = f"{value:.0f}" if unit == 0 or value >= 99.5 else f"{value:.1f}"
    return f"{number.replace('.', translate(',', '.'))} {translate(*UNITS[unit])}"


def format_time(moment: datetime | None) -> str:
    """Format a time of the service in the local time zone, and name the zone."""
    if moment is None:
        return "–"
    local = moment.astimezone()
    zone = local.tzname() or ""
    zone_name = zone if zone[:1].isalpha() else local.strftime("UTC%z")
    return f"{local.strftime(translate('%d/%m/%Y à %H:%M', '%Y-%m-%d %H:%M'))} {zone_name}"


def format_duration(seconds: float) -> str:
    """Format a duration."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d}" if hours else f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def format_file_count(number: int) -> str:
    """Format a number of files."""
    return f"{number} {translate('fichier', 'file')}{'s' if number > 1 or (number == 0 and LANGUAGE == 'en') else ''}"


def role_label(role: str) -> str:
    """Return a role in the user's language."""
    return ROLES.get(role, role)


ROLES = {"agent": translate("agent", "agent"), "external": translate("externe", "external")}
MAILS = {
    "link": translate("lien", "link"),
    "to_approve": translate("à valider", "to approve"),
    "extended": translate("nouvelle fin", "new end"),
    "reminder": translate("rappel", "reminder"),
    "accepted": translate("remis à la messagerie", "handed over"),
    "delayed": translate("retardé", "delayed"),
    "failed": translate("non remis", "not delivered"),
}
