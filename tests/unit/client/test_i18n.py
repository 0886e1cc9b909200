"""The language, the formats of sizes, durations and times, and text from others."""

import time
from datetime import datetime

import pytest

from client.commands.i18n import LANGUAGE, format_duration, format_size, format_time, language_of, printable, role_label


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "fr"),
        ({"LANG": ""}, "fr"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "FR"}, "fr"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "de_DE"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "fr_FR", "LC_ALL": "en_US"}, "en"),
        ({"LANG": "en_US", "LC_MESSAGES": "fr_BE"}, "fr"),
    ],
)
def test_the_language_is_french_unless_the_environment_sets_another(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language


@pytest.mark.parametrize(
    ("size_bytes", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (99499, "99.5 kB"),
        (99500, "100 kB"),
        (999499, "999 kB"),
        (999500, "1.0 MB"),
        (20000000000, "20.0 GB"),
        (5 * 10**16, "50000 TB"),
    ],
)
def test_a_size_is_formatted_in_decimal_units(size_bytes: int, said: str) -> None:
    french = said.replace(".", ",").replace("B", "o")
    assert format_size(size_bytes) == (french if LANGUAGE == "fr" else said)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 s"), (-3, "0 s"), (59.4, "59 s"), (60, "1 min 00 s"), (3_725, "1 h 02")]
)
def test_a_duration_is_formatted_briefly(seconds: float, said: str) -> None:
    assert format_duration(seconds) == said


def test_control_characters_of_others_are_removed() -> None:
    assert printable("a\x1b[2Jb\u202egnp.\u2028c\x07\udcff\n") == "a[2Jbgnp.c"
    assert printable("une\nligne\r", keeping="\n") == "une\nligne"
    assert printable("👨\u200d👩\u200d👧 œuvre") == "👨\u200d👩\u200d👧 œuvre"


@pytest.mark.parametrize(
    ("zone", "said"),
    [("Europe/Paris", "13:00 CET"), ("UTC", "12:00 UTC"), ("America/Sao_Paulo", "09:00 UTC-0300")],
)
def test_a_time_is_formatted_with_its_zone(monkeypatch: pytest.MonkeyPatch, zone: str, said: str) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert format_time(datetime.fromisoformat("2026-03-01T12:00:00+00:00")).endswith(said)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_an_unknown_role_is_shown_unchanged() -> None:
    assert role_label("external") == ("externe" if LANGUAGE == "fr" else "external")
    assert role_label("auditor") == "auditor"


def test_a_missing_date_is_a_dash() -> None:
    assert format_time(None) == "–"
    assert "2026" in format_time(datetime.fromisoformat("2026-03-01T12:00:00.123000+00:00"))
