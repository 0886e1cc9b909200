"""An operator's folder gives the portal another name and another look, and cannot make it unsafe or hard to read."""

import re
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

import portal
from portal.app import build
from portal.assets import Assets
from portal.theme import DEFAULT_THEME, load_theme
from tests.fakes.api.app import FakeApi
from tests.fakes.api.cards import TOKEN
from tests.unit.portal.visitor import new_visitor, settings

THEMES = Path(portal.__file__).parent / "themes"
EXAMPLE = THEMES / "example"
TOKENS = (Path(portal.__file__).parent / "styles" / "tokens.css").read_text(encoding="utf-8")
TEXTS = [
    *((ink, behind) for ink in ("ink", "soft", "accent", "accent-strong") for behind in ("ground", "surface")),
    *(("ink", "sunken"), ("ink", "accent-faint"), ("on-accent", "accent"), ("on-accent", "accent-strong")),
    *((kind, f"{kind}-faint") for kind in ("good", "warn", "bad")),
    *((kind, "surface") for kind in ("good", "warn", "bad", "bad-strong")),
]
EDGES = [(edge, behind) for edge in ("edge", "focus", "accent") for behind in ("ground", "surface")]


@pytest.fixture
def mounted(tmp_path: Path) -> Path:
    """The example with a font of its own, as Kubernetes mounts it: real files in a hidden folder, links beside it."""
    hidden = tmp_path / "..2026_03_03"
    shutil.copytree(EXAMPLE, hidden)
    (hidden / "exemple.woff2").write_bytes(b"wOF2 of a kind")
    with (hidden / "theme.css").open("a", encoding="utf-8") as styles:
        styles.write('@font-face { font-family: "Exemple"; src: url("./exemple.woff2") format("woff2"); }\n')
    (tmp_path / "..data").symlink_to(hidden.name)
    (tmp_path / "images").mkdir()
    for name in ("theme.json", "theme.css", "logo.svg", "exemple.woff2", "images/arms.svg"):
        (tmp_path / name).symlink_to(tmp_path / "..data" / name)
    return tmp_path


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_a_mounted_folder_gives_every_page_its_name_and_its_look(
    api: FakeApi, mounted: Path, language: str
) -> None:
    visitor = new_visitor(api, language, theme_dir=mounted)
    theme = load_theme(mounted)
    for path in ("/", "/access", "/help", "/legal", "/accessibility", "/nowhere", f"/download/{TOKEN}"):
        html = unescape((await visitor.get(path)).text)
        assert re.search(r"<title>[^<]+ – Envoi de l'Exemple</title>", html)
        assert theme.operator[language] in html
        assert "Mélanissimo" not in html
        sheets = re.findall(r'<link rel="stylesheet" href="/assets/(\w+)-', html)
        assert sheets == ["portal", "theme"], "what comes later counts"
        for link in theme.links:
            assert f'<a href="{link.url}">{link.text[language]}</a>' in html
    legal = unescape((await visitor.get("/legal")).text)
    assert theme.legal[language] in legal
    assert theme.privacy[language] in legal
    assert "mailto:assistance@ministere.example" in (await visitor.get("/help")).text
    await visitor.http.aclose()


async def test_what_a_theme_loads_is_served_for_ever_under_a_name_that_changes_with_it(
    api: FakeApi, mounted: Path
) -> None:
    visitor = new_visitor(api, theme_dir=mounted)
    (name,) = re.findall(r'href="(/assets/theme-[^"]+)"', (await visitor.get("/")).text)
    loaded = re.findall(r'url\("([^"]+)"\)', (await visitor.get(name)).text)
    assert [re.sub("-[0-9a-f]{10}", "", one) for one in loaded] == ["/assets/images/arms.svg", "/assets/exemple.woff2"]
    kinds = [(await visitor.get(one)).headers["content-type"] for one in loaded]
    assert kinds == ["image/svg+xml", "font/woff2"]
    assert (await visitor.get(loaded[1])).content == b"wOF2 of a kind"
    assert "immutable" in (await visitor.get(loaded[0])).headers["cache-control"]
    await visitor.http.aclose()


@pytest.mark.parametrize(
    "address", ["https://fonts.example/a.woff2", "//cdn.example/a.svg", "data:image/svg+xml,x", "a.js", "../secret.svg"]
)
def test_a_theme_that_would_load_something_else_is_refused(tmp_path: Path, address: str) -> None:
    theme = shutil.copytree(EXAMPLE, tmp_path / "theme")
    (tmp_path / "secret.svg").write_text("<svg/>")
    (theme / "a.js").write_text("alert(1)")
    (theme / "theme.css").write_text(f'.top {{ background: url("{address}"); }}')
    with pytest.raises(ValueError, match="not an image or font of the theme"):
        build(settings(theme_dir=theme))


def test_a_theme_brings_no_script_and_no_page(tmp_path: Path) -> None:
    theme = shutil.copytree(EXAMPLE, tmp_path / "theme")
    for name in ("a.js", "layout.html", "main.ts", "other.css"):
        (theme / name).write_text("")
        assert Assets(theme, tmp_path / "nothing").url(name) == ""


def test_a_folder_without_words_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"theme\.json"):
        build(settings(theme_dir=tmp_path))


@pytest.mark.parametrize(
    "theme", [DEFAULT_THEME.name, *sorted(one.name for one in THEMES.iterdir() if one != DEFAULT_THEME)]
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("contrast", ["no-preference", "more"])
def test_every_word_and_every_edge_stands_out(theme: str, scheme: str, contrast: str) -> None:
    sheet = THEMES / theme / "theme.css"
    found = tokens(TOKENS + (sheet.read_text(encoding="utf-8") if sheet.is_file() else ""), scheme, contrast)
    faint = [(pair, 4.5) for pair in TEXTS if ratio(found, *pair) < 4.5]
    faint += [(pair, 3.0) for pair in EDGES if ratio(found, *pair) < 3.0]
    assert faint == []


def tokens(sheet: str, scheme: str, contrast: str) -> dict[str, str]:
    """What the names are worth under these circumstances."""
    return {name: value for media, name, value in _said(sheet) if _holds(media, scheme, contrast)}


def _said(sheet: str) -> Iterator[tuple[str, str, str]]:
    for media, body in re.findall(r"(?:@media ([^{]+)\{\s*)?:root \{([^}]*)\}", sheet):
        for name, value in re.findall(r"--([\w-]+): ([^;]+);", body):
            yield media, name, value


def _holds(media: str, scheme: str, contrast: str) -> bool:
    wanted: dict[str, str] = dict(re.findall(r"prefers-([\w-]+): ([\w-]+)", media))
    return wanted.get("color-scheme", scheme) == scheme and wanted.get("contrast", contrast) == contrast


def ratio(found: dict[str, str], ink: str, behind: str) -> float:
    one, other = sorted((_light(found[ink]), _light(found[behind])), reverse=True)
    return (one + 0.05) / (other + 0.05)


def _light(colour: str) -> float:
    """Relative luminance, as WCAG defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_ratio_is_that_of_wcag() -> None:
    known = {"black": "#000000", "white": "#ffffff", "grey": "#767676"}
    assert ratio(known, "black", "white") == pytest.approx(21)
    assert ratio(known, "white", "grey") == pytest.approx(4.54, abs=0.01)
