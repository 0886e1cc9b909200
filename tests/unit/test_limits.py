"""The table of limits is complete, and each test that it names is there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.integration.test_limits_at_once import CASES
from tools.limits import COUNTS, SETTINGS, TOGETHER, limits

ROOT = Path(__file__).resolve().parents[2]
A_LIMIT = re.compile(
    r"most_.*|largest_.*|.*_per_.*|.*_in_all|.*_tries|.*_characters|.*_depth|.*_at_once|running_.*|.*_bytes"
)


@pytest.mark.parametrize("service", SETTINGS)
def test_every_setting_that_is_a_limit_is_in_the_table(service: str) -> None:
    listed = {one.where for one in limits()}
    names = [name for name in SETTINGS[service].model_fields if A_LIMIT.fullmatch(name)]
    assert [name for name in names if f"`{name.upper()}` ({service})" not in listed] == []


@pytest.mark.parametrize("test", sorted({one.test for one in limits() if one.test}))
def test_each_test_that_shows_a_limit_is_there(test: str) -> None:
    path, _, name = test.partition("::")
    assert name in _tests(ROOT / path)


def test_each_limit_that_requests_could_exceed_together_names_a_test() -> None:
    assert [one.what for one in limits() if one.held in COUNTS and not one.test] == []


def test_the_test_that_many_limits_share_has_a_case_for_each() -> None:
    assert {one.what for one in limits() if one.test == TOGETHER} == set(CASES)


@cache
def _tests(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text()))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
