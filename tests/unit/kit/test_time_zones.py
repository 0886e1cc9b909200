"""Not everybody lives where the service does: its time zone is named."""

from zoneinfo import ZoneInfo

import pytest

from services.kit.time_zones import time_zone_label


@pytest.mark.parametrize(
    ("zone", "french", "english"),
    [
        ("Europe/Paris", "heure de Paris", "Paris time"),
        ("Europe/Amsterdam", "heure d’Amsterdam", "Amsterdam time"),
        ("Asia/Ho_Chi_Minh", "heure de Ho Chi Minh", "Ho Chi Minh time"),
        ("America/Argentina/Buenos_Aires", "heure de Buenos Aires", "Buenos Aires time"),
        ("UTC", "UTC", "UTC"),
        ("Etc/UTC", "UTC", "UTC"),
    ],
)
def test_a_zone_is_named_after_its_city(zone: str, french: str, english: str) -> None:
    assert time_zone_label(ZoneInfo(zone), "fr") == french
    assert time_zone_label(ZoneInfo(zone), "en") == english
