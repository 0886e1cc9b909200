"""A moment that a request names has a time in UTC."""

from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from services.kit.timestamps import Timestamp

ADAPTER: TypeAdapter[datetime] = TypeAdapter(Timestamp)


@pytest.mark.parametrize(
    "said",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1600-12-31T23:59:59Z", "9000-01-01T00:00:00Z"],
)
def test_a_moment_that_no_clock_tells_is_refused(said: str) -> None:
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(said)


@pytest.mark.parametrize("said", ["1601-01-01T14:00:01+14:00", "2026-03-01T12:00:00Z", "8999-12-31T00:00:00-14:00"])
def test_a_moment_has_a_time_in_utc(said: str) -> None:
    assert ADAPTER.validate_python(said).astimezone(UTC).tzinfo is UTC
