"""The accessibility statement says what the file says, all of it; and what the file says is tested, is tested."""

import ast
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from portal.accessibility_statement import STATEMENT_FILE, AccessibilityStatement, load_statement
from portal.theme import DEFAULT_THEME, load_theme
from services.kit.formatting import format_date
from tests.fakes.api.app import FakeApi
from tests.unit.portal.visitor import new_visitor

ROOT = Path(__file__).resolve().parents[3]
STATEMENT = load_statement()
NAMED = [name for one in STATEMENT.tested for name in one.by]
STATES = {
    "none": {"fr": "Accessibilité : non conforme", "en": "Accessibility: not compliant"},
    "partial": {"fr": "Accessibilité : partiellement conforme", "en": "Accessibility: partially compliant"},
    "full": {"fr": "Accessibilité : totalement conforme", "en": "Accessibility: fully compliant"},
}


def said(statement: AccessibilityStatement, language: str) -> list[str]:
    """Everything that a reader has to be told."""
    all_of_them = [
        statement.why,
        *statement.untested,
        *statement.known,
        statement.contact,
        statement.recourse,
        load_theme(DEFAULT_THEME).contact,
    ]
    for one in statement.tested:
        all_of_them += [one.what, one.how, one.result]
    dates = [format_date(on, language) for on in (statement.on, *(one.on for one in statement.tested))]
    return [*(words[language] for words in all_of_them), *dates, statement.standards, STATES[statement.state][language]]


def spaced(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_the_statement_says_all_that_the_file_says(api: FakeApi, language: str) -> None:
    visitor = new_visitor(api, language)
    page = spaced(unescape((await visitor.get("/accessibility")).text))
    for words in said(STATEMENT, language):
        assert spaced(words) in page
    await visitor.http.aclose()


async def test_every_page_leads_to_it_with_the_state(api: FakeApi) -> None:
    visitor = new_visitor(api)
    page = spaced(unescape((await visitor.get("/help")).text))
    assert f'<a href="/accessibility">{STATES[STATEMENT.state]["fr"]}</a>' in page
    await visitor.http.aclose()


@pytest.mark.parametrize("name", NAMED)
def test_what_is_said_to_be_tested_has_a_test(name: str) -> None:
    path, _, function = name.partition("::")
    assert function in functions(ROOT / path)


def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_axe_and_the_keyboard_are_among_what_was_tested() -> None:
    axe = ast.parse((ROOT / "tests" / "browser" / "test_every_page.py").read_text(encoding="utf-8"))
    assert "axe.run" in ast.unparse(axe)
    assert "tests/browser/test_every_page.py::test_axe_finds_no_violation" in NAMED
    walks = {
        f"tests/browser/{path.name}::{function}"
        for path in (ROOT / "tests" / "browser").glob("test_*.py")
        for function in functions(path)
        if "keyboard" in function
    }
    assert walks
    assert {name for name in NAMED if "keyboard" in name} == walks, "a walk by keyboard is missing in the statement"


def test_nothing_is_said_to_be_tested_by_nobody() -> None:
    assert all(one.by for one in STATEMENT.tested)
    assert STATEMENT.untested
    assert STATEMENT.known


@pytest.mark.parametrize(
    ("old", "new"),
    [("[why]", "[why]\nde = 1"), ('state = "none"', 'state = "perfect"'), ("[contact]", "[contract]")],
)
def test_a_file_that_is_not_understood_is_refused(tmp_path: Path, old: str, new: str) -> None:
    (tmp_path / "statement.toml").write_text(
        STATEMENT_FILE.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8"
    )
    with pytest.raises(ValueError, match="validation error"):
        load_statement(tmp_path / "statement.toml")


def test_a_file_that_says_something_in_one_language_only_is_refused(tmp_path: Path) -> None:
    told: dict[str, Any] = STATEMENT.model_dump()
    told["why"] = {"fr": "Parce que.", "en": ""}
    with pytest.raises(ValueError, match="in fr and in en"):
        AccessibilityStatement.model_validate(told)
