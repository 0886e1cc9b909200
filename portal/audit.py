"""How accessible is the portal? What was tested, when and with which result, and what was not: the file says it."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from portal.language import Said

AUDIT = Path(__file__).with_name("audit.toml")


class Tested(BaseModel):
    """One thing that was tested; `by` are the tests that repeat it, as the test runner names them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    on: date
    by: tuple[str, ...]
    what: Said
    how: Said
    result: Said


class Audit(BaseModel):
    """All that is known; `state` is the legal one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    standards: str
    state: Literal["none", "partial", "full"]
    on: date
    why: Said
    tested: tuple[Tested, ...]
    untested: tuple[Said, ...]
    known: tuple[Said, ...]
    contact: Said
    recourse: Said


def audit_in(file: Path = AUDIT) -> Audit:
    """Refuses a file that does not say everything in both languages."""
    return Audit.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
