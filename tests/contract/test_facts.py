"""What was published by the previous release is still understood: additive changes only (R52)."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.contracts.facts import FACTS
from services.kit.events import Fact

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.type)
def test_the_golden_fact_is_read_and_written_unchanged(fact: type[Fact]) -> None:
    golden = json.loads((GOLDEN / f"{fact.type}.json").read_text())
    written = json.loads(fact.model_validate(golden).model_dump_json())
    assert known(written, golden) == golden


def known(written: Any, golden: Any) -> Any:
    """What was written, without the fields that the golden fact does not have."""
    if isinstance(golden, dict):
        return {name: known(written[name], golden[name]) for name in golden}
    if isinstance(golden, list):
        return [known(*pair) for pair in zip(written, golden, strict=True)]
    return written


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.type)
def test_a_field_of_a_newer_release_is_ignored(fact: type[Fact]) -> None:
    golden = json.loads((GOLDEN / f"{fact.type}.json").read_text())
    assert fact.model_validate({**golden, "new_field": {"a": 1}}) == fact.model_validate(golden)
