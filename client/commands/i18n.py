"""What is said, in French or in English; sizes, dates, and the words of others made harmless."""

import os
from collections.abc import Mapping
from datetime import datetime

from client.errors import Json
from client.visible import strip_invisible

UNITS = (("o", "B"), ("ko", "kB"), ("Mo", "MB"), ("Go", "GB"), ("To", "TB"))


def language_of(environment: Mapping[str, str]) -> str:
    """`fr` or `en`, by LC_ALL, LC_MESSAGES or LANG, the first that is set; French when none is."""
    said = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "fr")
    return "fr" if said.lower().startswith("fr") else "en"


LANGUAGE = language_of(os.environ)


def translate(french: str, english: str) -> str:
    """The one that this person reads."""
    return french if LANGUAGE == "fr" else english


COLON = translate(" : ", ": ")


def printable(text: str, keeping: str = "") -> str:
    """What somebody else wrote, without what would command a terminal or turn the reading around."""
    return strip_invisible(text, ("Cc", "Cf", "Cs", "Zl", "Zp"), keeping)


def format_size(size_bytes: int) -> str:
    """In powers of a thousand."""
    value, unit = float(size_bytes), 0
    while value >= 999.5 and unit < len(UNITS) - 1:
        value, unit = value / 1000, unit + 1
    number = f"{value:.0f}" if unit == 0 or value >= 99.5 else f"{value:.1f}"
    return f"{number.replace('.', translate(',', '.'))} {translate(*UNITS[unit])}"


def format_time(moment: str | None) -> str:
    """A date and time as the service says it, on this machine's clock, with its zone."""
    if not moment:
        return "–"
    here = datetime.fromisoformat(moment).astimezone()
    zone = here.tzname() or ""
    named = zone if zone[:1].isalpha() else here.strftime("UTC%z")
    return f"{here.strftime(translate('%d/%m/%Y à %H:%M', '%Y-%m-%d %H:%M'))} {named}"


def format_duration(seconds: float) -> str:
    """How long it takes."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d}" if hours else f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def format_file_count(number: int) -> str:
    """So many files."""
    return f"{number} {translate('fichier', 'file')}{'s' if number > 1 or (number == 0 and LANGUAGE == 'en') else ''}"


def role_label(person: Json) -> str:
    """Of a session, or of a recipient."""
    return ROLES.get(person["role"], str(person["role"]))


ROLES = {"agent": translate("agent", "agent"), "external": translate("externe", "external")}
MAILS = {
    "link": translate("lien", "link"),
    "to_approve": translate("à valider", "to approve"),
    "extended": translate("nouvelle fin", "new end"),
    "reminder": translate("rappel", "reminder"),
    "accepted": translate("remis", "delivered"),
    "delayed": translate("retardé", "delayed"),
    "failed": translate("non remis", "not delivered"),
}
