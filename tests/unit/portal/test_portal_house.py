"""The repository's rules applied to the portal, and what only the portal may import."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import portal
from portal.assets import Assets
from portal.theme import DEFAULT_THEME, load_theme
from tests.unit.test_house_rules import MAX_FILE_LINES, MAX_FUNCTION_LINES

PORTAL = Path(portal.__file__).parent
DOORS = {"httpx": {"app.py"}, "python_multipart": {"multipart.py"}, "jinja2": {"rendering.py"}}


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(PORTAL.rglob("*.py")):
        if "islands" not in path.parts:
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_of_the_services_it_knows_the_kit_alone() -> None:
    for path, tree in modules():
        assert all(name.startswith("services.kit") for name in imported(tree) if name.startswith("services")), path


@pytest.mark.parametrize("driver", DOORS)
def test_each_driver_has_one_door(driver: str) -> None:
    through = {path.name for path, tree in modules() if any(name.split(".")[0] == driver for name in imported(tree))}
    assert through <= DOORS[driver]


def test_every_module_opens_with_a_sentence_and_none_outgrows_it() -> None:
    for path, tree in modules():
        assert (ast.get_docstring(tree) or "").strip(), path
        assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_FILE_LINES, path
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert (node.end_lineno or 0) - node.lineno <= MAX_FUNCTION_LINES, f"{path}: {node.name}"


def test_every_colour_is_a_token() -> None:
    for name in ("page.css", "components.css", "flows.css"):
        text = (PORTAL / "styles" / name).read_text(encoding="utf-8")
        screen = text.split("@media print")[0].replace("background: #fff; }", "")
        assert "#" not in screen.replace("#fff", ""), name
    light, dark, *_ = (PORTAL / "styles" / "tokens.css").read_text(encoding="utf-8").split("@media")
    tokens = {line.split(":")[0].strip() for line in light.splitlines() if line.strip().startswith("--")}
    assert {line.split(":")[0].strip() for line in dark.splitlines() if line.strip().startswith("--")} <= tokens


@pytest.mark.parametrize("theme", ["default", "example", "high-contrast"])
def test_a_theme_is_complete(theme: str) -> None:
    folder = PORTAL / "themes" / theme
    assert load_theme(folder).name
    assert Assets(folder).url("logo.svg").startswith("/assets/logo-")


def test_a_theme_with_half_of_its_words_is_refused(tmp_path: Path) -> None:
    told = json.loads((DEFAULT_THEME / "theme.json").read_text(encoding="utf-8"))
    del told["contact"]["en"]
    (tmp_path / "theme.json").write_text(json.dumps(told))
    with pytest.raises(ValueError, match="in fr and in en"):
        load_theme(tmp_path)


def test_islands_are_found_by_the_manifest_of_their_build(tmp_path: Path) -> None:
    assert Assets(DEFAULT_THEME, tmp_path).url("main.ts") == ""
    (tmp_path / "main-4f3e2d1c.js").write_text("export {}")
    (tmp_path / "part-0b9a8c7d.js").write_text("export {}")
    manifest = {"main.ts": {"file": "main-4f3e2d1c.js", "isEntry": True}, "_part.js": {"file": "part-0b9a8c7d.js"}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    assets = Assets(DEFAULT_THEME, tmp_path)
    assert assets.url("main.ts") == "/assets/main-4f3e2d1c.js"
    assert assets.find("part-0b9a8c7d.js").media_type == "text/javascript; charset=utf-8"
