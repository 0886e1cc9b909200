"""Dates, sizes and numbers are formatted for the language, in words of the reader's place."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from services.kit.formatting import format_date_time, format_day, format_number, format_size

WHEN = datetime(2025, 12, 1, 13, 5, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")


def test_a_date_is_said_in_words_where_the_reader_is() -> None:
    assert format_day(WHEN, "fr", PARIS) == "lundi 1er décembre 2025"
    assert (
        format_date_time(WHEN, "fr", PARIS)
        == "lundi 1er décembre 2025 à 14\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}05 (heure de Paris)"
    )
    assert format_date_time(WHEN, "en", PARIS) == "Monday 1 December 2025 at 14:05 (Paris time)"
    assert format_day(datetime(2025, 7, 31, 22, 30, tzinfo=UTC), "en", PARIS) == "Friday 1 August 2025"


def test_an_hour_before_ten_has_one_digit_in_french_and_two_in_english() -> None:
    early = datetime(2026, 3, 3, 7, 5, tzinfo=UTC)
    assert (
        format_date_time(early, "fr", PARIS)
        == "mardi 3 mars 2026 à 8\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}05 (heure de Paris)"
    )
    assert format_date_time(early, "en", PARIS) == "Tuesday 3 March 2026 at 08:05 (Paris time)"


@pytest.mark.parametrize(
    ("size_bytes", "french", "english"),
    [
        (0, "0 octet", "0 bytes"),
        (1, "1 octet", "1 byte"),
        (999, "999 octets", "999 bytes"),
        (1_000, "1 ko", "1 kB"),
        (1_482_113, "1,5 Mo", "1.5 MB"),
        (12_800_000, "13 Mo", "13 MB"),
        (999_499, "999 ko", "999 kB"),
        (999_999, "1 Mo", "1 MB"),
        (999_999_999, "1 Go", "1 GB"),
        (1_250_000_000, "1,2 Go", "1.2 GB"),
        (20_000_000_000, "20 Go", "20 GB"),
        (5_500_000_000_000, "5,5 To", "5.5 TB"),
    ],
)
def test_a_size_is_said_as_disks_count(size_bytes: int, french: str, english: str) -> None:
    assert format_size(size_bytes, "fr").replace("\N{NO-BREAK SPACE}", " ") == french
    assert format_size(size_bytes, "en").replace("\N{NO-BREAK SPACE}", " ") == english


def test_a_number_has_its_thousands_separated() -> None:
    assert format_number(1000, "fr") == "1\N{NARROW NO-BREAK SPACE}000"
    assert format_number(1000, "en") == "1,000"
