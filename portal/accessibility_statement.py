"""The accessibility statement, from a file: what was tested, when and with which result, and what was not."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from portal.language import Translated

STATEMENT_FILE = Path(__file__).with_name("accessibility_statement.toml")


class AccessibilityTest(BaseModel):
    """One test that was done; `by` are the automated tests that repeat it, by their pytest ids."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    on: date
    by: tuple[str, ...]
    what: Translated
    how: Translated
    result: Translated


class AccessibilityStatement(BaseModel):
    """The content of the statement; `state` is the legal state of compliance."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    standards: str
    state: Literal["none", "partial", "full"]
    on: date
    why: Translated
    tested: tuple[AccessibilityTest, ...]
    untested: tuple[Translated, ...]
    known: tuple[Translated, ...]
    contact: Translated
    recourse: Translated


def load_statement(file: Path = STATEMENT_FILE) -> AccessibilityStatement:
    """Load the statement; `ValidationError` when a text is missing in one language."""
    return AccessibilityStatement.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
