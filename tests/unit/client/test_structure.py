"""The structure of the client: imports, sizes, and documented exit codes."""

import ast
from collections.abc import Iterator
from pathlib import Path

from client.commands.exit_codes import MEANINGS, ExitCode

ROOT = Path(__file__).resolve().parents[3] / "client"
MAX_FILE_LINES, MAX_FUNCTION_LINES = 250, 40
COMMAND_LINE_MODULES = {"rich", "typer", "client.commands"}


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        yield path, ast.parse(path.read_text())


def imported(tree: ast.Module) -> set[str]:
    found = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    found += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    return {".".join(name.split(".")[:depth]) for name in found for depth in (1, 2)}


def test_the_library_imports_neither_a_terminal_nor_the_services_nor_the_portal() -> None:
    for path, tree in modules():
        if path.parent != ROOT / "commands" and path.name != "__main__.py":
            assert not imported(tree) & COMMAND_LINE_MODULES, path
        assert not imported(tree) & {"services", "portal", "devstack", "tests"}, path


def test_every_module_has_a_docstring_and_none_is_long() -> None:
    for path, tree in modules():
        assert ast.get_docstring(tree), path
        assert len(path.read_text().splitlines()) <= MAX_FILE_LINES, path
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno <= MAX_FUNCTION_LINES, f"{path}: {node.name}"


def test_every_exit_code_is_documented() -> None:
    rows = (ROOT.parent / "docs" / "client.md").read_text().splitlines()
    assert set(MEANINGS) == set(ExitCode)
    for code in ExitCode:
        assert any(row.startswith(f"| {int(code)} |") for row in rows), code
