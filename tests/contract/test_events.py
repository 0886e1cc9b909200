"""What was published by the previous release is still understood: additive changes only (R52)."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.contracts.events import ALL_EVENTS
from services.kit.events import Event

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("event", ALL_EVENTS, ids=lambda event: event.type)
def test_the_golden_event_is_read_and_written_unchanged(event: type[Event]) -> None:
    golden = json.loads((GOLDEN / f"{event.type}.json").read_text())
    written = json.loads(event.model_validate(golden).model_dump_json())
    assert _known(written, golden) == golden


def _known(written: Any, golden: Any) -> Any:
    """What was written, without the fields that the previous release did not know, however deep."""
    if isinstance(golden, dict):
        return {name: _known(written[name], value) for name, value in golden.items()}
    if isinstance(golden, list):
        return [_known(*pair) for pair in zip(written, golden, strict=True)]
    return written


@pytest.mark.parametrize("event", ALL_EVENTS, ids=lambda event: event.type)
def test_a_field_of_a_newer_release_is_ignored(event: type[Event]) -> None:
    golden = json.loads((GOLDEN / f"{event.type}.json").read_text())
    assert event.model_validate({**golden, "new_field": {"a": 1}}) == event.model_validate(golden)
