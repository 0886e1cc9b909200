"""Every requirement that is cited is written down in docs/requirements.md, which names files that exist."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("services", "portal", "client", "devstack", "tests", "deploy", "bench", "tools", "docs")
KINDS = {".py", ".md", ".json", ".yaml", ".ts", ".html", ".j2", ".template"}
REQUIREMENTS = ROOT / "docs" / "requirements.md"
DOWNLOADS = ROOT / "docs" / "downloads.md"
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "SECURITY.md", *(f"docs/{path.name}" for path in ROOT.glob("docs/*.md")))
CITED = re.compile(r"\b([RI])(\d{1,2})(?:-[RI](\d{1,2}))?\b")
ROW = re.compile(r"^\| ([RI]\d+) \|", re.MULTILINE)
RULE = re.compile(r"\bquota rules? (\d)(?: and (\d))?")
DRAWING = re.compile(r'\bd="[^"]*"')
PATH = re.compile(r"`((?:services|portal|client|deploy|tests|tools|docs)/[\w./-]+)`")
DOCUMENT = re.compile(r"\b([\w-]+\.md)\b")
TEST = re.compile(r"\b(test_\w+\.py)\b")


def _texts() -> Iterator[tuple[str, str]]:
    """Each file of the repository that people write, by its path."""
    for path in (path for room in ROOMS for path in sorted((ROOT / room).rglob("*"))):
        is_ours = not {"node_modules", "static", "compiled", "screenshots"} & set(path.parts)
        if is_ours and path.suffix in KINDS and path.is_file():
            yield str(path.relative_to(ROOT)), DRAWING.sub("", path.read_text())


def _numbers(text: str) -> set[str]:
    """The requirements that a text cites; a range cites both of its ends."""
    return {f"{letter}{number}" for letter, *ends in CITED.findall(text) for number in ends if number}


def test_a_citation_is_found_alone_in_a_list_and_in_a_range() -> None:
    text = "Counted before it is compared (R5, R7); see R33-R38, I3 and ADR 23."
    assert _numbers(text) == {"R5", "R7", "R33", "R38", "I3"}


def test_every_requirement_that_is_cited_is_written_down() -> None:
    known = set(ROW.findall(REQUIREMENTS.read_text()))
    cited = {path: _numbers(text) - known for path, text in _texts()}
    assert {path: numbers for path, numbers in cited.items() if numbers} == {}


def test_no_requirement_is_written_down_twice() -> None:
    rows = ROW.findall(REQUIREMENTS.read_text())
    assert len(rows) == len(set(rows)) > 50


def test_every_requirement_names_where_it_is_held_and_a_test() -> None:
    for row in (line for line in REQUIREMENTS.read_text().splitlines() if ROW.match(line)):
        *_, held, shown, _ = row.split("|")
        assert PATH.search(held), row
        assert "`tests/" in shown, row


def test_every_rule_of_the_quota_that_is_cited_is_written_down() -> None:
    section = DOWNLOADS.read_text().partition("## Quota rules")[2].partition("\n## ")[0]
    rules = set(re.findall(r"^(\d)\. ", section, re.MULTILINE))
    cited = {number for _, text in _texts() for found in RULE.findall(text) for number in found if number}
    assert cited <= rules


def test_every_document_that_code_names_exists() -> None:
    known = {path.name for path in (ROOT / "docs").rglob("*.md")} | {path.name for path in ROOT.glob("*.md")}
    code = [(path, text) for path, text in _texts() if path.endswith(".py") and not path.startswith("tests/unit/")]
    named = {path: set(DOCUMENT.findall(text)) - known for path, text in code}
    assert {path: names for path, names in named.items() if names} == {}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_a_document_names_exists(document: str) -> None:
    text = (ROOT / document).read_text()
    tests = {path.name for path in (ROOT / "tests").rglob("test_*.py")}
    missing = [path for path in PATH.findall(text) if not (ROOT / path).exists()]
    assert [*missing, *(name for name in TEST.findall(text) if name not in tests)] == []
