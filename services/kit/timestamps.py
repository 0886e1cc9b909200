"""Dates that a request may contain: those that every time zone and every store can represent."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, Field

EARLIEST, LATEST = datetime(1601, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
"""File systems count from 1601; the first and the last day of Python's calendar have no time in UTC."""

Timestamp = Annotated[AwareDatetime, Field(gt=EARLIEST, lt=LATEST)]
