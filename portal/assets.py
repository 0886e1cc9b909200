"""What does a page load? Styles, the theme and the built islands, under names that change with their content."""

import gzip
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from services.kit.refusals import NotFound

HERE = Path(__file__).parent
STYLE_OF_THEME = "theme.css"
STYLES = ("tokens.css", "page.css", "components.css", "flows.css")
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".wasm": "application/wasm",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}
PACKED = (".css", ".js", ".svg", ".json", ".map")
OF_THEMES = (".svg", ".png", ".webp", ".woff", ".woff2")
"""What a theme may bring besides its style sheet: pictures and fonts, and nothing that runs."""
LOADED = re.compile(r"""url\(\s*(["']?)(?P<path>[^"')#?]+)(?P<rest>[^"')]*)\1\s*\)""")
PREFIX = "/assets/"
DIGITS = 10


@dataclass(frozen=True)
class Asset:
    """One file as it is served: whole, and packed where that helps."""

    content: bytes
    packed: bytes | None
    media_type: str


class Assets:
    """Read once, when the process starts; a name with a digest in it may be kept for ever."""

    def __init__(self, theme: Path, built: Path = HERE / "static") -> None:
        self._files: dict[str, Asset] = {}
        self._names: dict[str, str] = {}
        styles = b"\n".join((HERE / "styles" / name).read_bytes() for name in STYLES)
        self._add("portal.css", styles)
        for name, file in _of_theme(theme):
            self._add(name, file.read_bytes())
        if (theme / STYLE_OF_THEME).is_file():
            self._add(STYLE_OF_THEME, self._at_home((theme / STYLE_OF_THEME).read_text(encoding="utf-8")))
        for name, file in _built(built):
            self._keep(name, file.read_bytes())
        self._names |= _manifest(built)

    def url(self, name: str) -> str:
        """Where the page finds a file; empty when there is none of that name."""
        return PREFIX + self._names[name] if name in self._names else ""

    def find(self, name: str) -> Asset:
        """The file under the name that a page was given; `NotFound` for any other."""
        if name not in self._files:
            raise NotFound()
        return self._files[name]

    @property
    def names(self) -> Mapping[str, str]:
        """From the name in the source to the one that is served."""
        return self._names

    def _at_home(self, styles: str) -> bytes:
        """A theme's style sheet, with what it loads under the name that is served; it loads nothing from elsewhere."""

        def served(found: re.Match[str]) -> str:
            address = self.url(found["path"].removeprefix("./"))
            if not address:
                raise ValueError(f"{STYLE_OF_THEME} loads {found['path']}, which is not a picture or font of the theme")
            return f'url("{address}{found["rest"]}")'

        return LOADED.sub(served, styles).encode()

    def _add(self, name: str, content: bytes) -> None:
        stem, dot, ending = name.rpartition(".")
        served = f"{stem}-{hashlib.sha256(content).hexdigest()[:DIGITS]}{dot}{ending}"
        self._names[name] = served
        self._keep(served, content)

    def _keep(self, name: str, content: bytes) -> None:
        ending = Path(name).suffix
        packed = gzip.compress(content, 9, mtime=0) if ending in PACKED else None
        self._files[name] = Asset(content, packed, TYPES.get(ending, "application/octet-stream"))


def _of_theme(folder: Path) -> Iterator[tuple[str, Path]]:
    """Its pictures and fonts; a folder that Kubernetes mounts has hidden ones beside the real ones."""
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder)
        is_hidden = any(part.startswith(".") for part in path.parts)
        if file.suffix in OF_THEMES and file.is_file() and not is_hidden:
            yield path.as_posix(), file


def _built(folder: Path) -> Iterator[tuple[str, Path]]:
    """What the build of the islands left, by the path that its own imports use."""
    for file in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if file.is_file() and file.suffix in TYPES and file.name != "manifest.json":
            yield file.relative_to(folder).as_posix(), file


def _manifest(folder: Path) -> dict[str, str]:
    """Source name to built name, for what a page may ask for; without a manifest the names are plain."""
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        return {name: name for name, _ in _built(folder)}
    entries: dict[str, dict[str, object]] = json.loads(manifest.read_text(encoding="utf-8"))
    return {source: str(entry["file"]) for source, entry in entries.items() if entry.get("isEntry")}
