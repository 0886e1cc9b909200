"""Time zones: their validation in settings, and their names for readers elsewhere."""

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

VOWELS = tuple("AEIOUÀÂÉÈÊËÎÏÔÖÛÜ")


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, KeyError, ValueError):
        raise ValueError("is not a known time zone") from None
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone)]
"""The name of a time zone in a setting."""


def time_zone_label(zone: ZoneInfo, language: str) -> str:
    """Return `heure de Paris` or `Paris time`; a zone without a city keeps its name."""
    region, _, city = zone.key.rpartition("/")
    if region in ("", "Etc"):
        return city
    city = city.replace("_", " ")
    if language != "fr":
        return f"{city} time"
    return f"heure d’{city}" if city.startswith(VOWELS) else f"heure de {city}"
