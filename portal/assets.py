"""Styles, the theme and the built islands, served under names that contain a digest of their content."""

import gzip
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from services.kit.refusals import NotFound

HERE = Path(__file__).parent
THEME_STYLESHEET = "theme.css"
STYLESHEETS = ("tokens.css", "page.css", "components.css", "flows.css")
MEDIA_TYPES = {
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
COMPRESSIBLE = (".css", ".js", ".svg", ".json", ".map")
THEME_FILE_TYPES = (".svg", ".png", ".webp", ".woff", ".woff2")
"""What a theme may contain besides its style sheet: images and fonts, and no scripts."""
CSS_URL = re.compile(r"""url\(\s*(["']?)(?P<path>[^"')#?]+)(?P<rest>[^"')]*)\1\s*\)""")
PREFIX = "/assets/"
DIGEST_CHARACTERS = 10


@dataclass(frozen=True)
class Asset:
    """One file as it is served, with a gzip version where that helps."""

    content: bytes
    gzipped: bytes | None
    media_type: str


class Assets:
    """Reads all files once, when the process starts; browsers may cache a name with a digest for ever."""

    def __init__(self, theme: Path, built: Path = HERE / "static") -> None:
        self._files: dict[str, Asset] = {}
        self._names: dict[str, str] = {}
        styles = b"\n".join((HERE / "styles" / name).read_bytes() for name in STYLESHEETS)
        self._add_hashed("portal.css", styles)
        for name, file in _theme_files(theme):
            self._add_hashed(name, file.read_bytes())
        stylesheet = theme / THEME_STYLESHEET
        if stylesheet.is_file():
            self._add_hashed(stylesheet.name, self._rewrite_urls(stylesheet.read_text(encoding="utf-8")))
        for name, file in _built_files(built):
            self._add(name, file.read_bytes())
        self._names |= _manifest(built)

    def url(self, name: str) -> str:
        """Return the path of a file; empty when there is none of that name."""
        return PREFIX + self._names[name] if name in self._names else ""

    def find(self, name: str) -> Asset:
        """Return the file with this served name; `NotFound` when there is none."""
        if name not in self._files:
            raise NotFound()
        return self._files[name]

    @property
    def names(self) -> Mapping[str, str]:
        """Return the served name of each source name."""
        return self._names

    def _rewrite_urls(self, styles: str) -> bytes:
        """Replace each URL in a theme's style sheet by the served one; `ValueError` for one outside the theme."""

        def served(found: re.Match[str]) -> str:
            address = self.url(found["path"].removeprefix("./"))
            if not address:
                raise ValueError(f"theme.css loads {found['path']}, which is not an image or font of the theme")
            return f'url("{address}{found["rest"]}")'

        return CSS_URL.sub(served, styles).encode()

    def _add_hashed(self, name: str, content: bytes) -> None:
        stem, dot, ending = name.rpartition(".")
        served = f"{stem}-{hashlib.sha256(content).hexdigest()[:DIGEST_CHARACTERS]}{dot}{ending}"
        self._names[name] = served
        self._add(served, content)

    def _add(self, name: str, content: bytes) -> None:
        ending = Path(name).suffix
        gzipped = gzip.compress(content, 9, mtime=0) if ending in COMPRESSIBLE else None
        self._files[name] = Asset(content, gzipped, MEDIA_TYPES.get(ending, "application/octet-stream"))


def _theme_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the images and fonts of a theme, without the hidden copies in a folder that Kubernetes mounts."""
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder)
        is_hidden = any(part.startswith(".") for part in path.parts)
        if file.suffix in THEME_FILE_TYPES and file.is_file() and not is_hidden:
            yield path.as_posix(), file


def _built_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files that the build of the islands wrote, by the path that its own imports use."""
    for file in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if file.is_file() and file.suffix in MEDIA_TYPES and file.name != "manifest.json":
            yield file.relative_to(folder).as_posix(), file


def _manifest(folder: Path) -> dict[str, str]:
    """Return the built name of each entry point; without a manifest, names are unchanged."""
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        return {name: name for name, _ in _built_files(folder)}
    entries: dict[str, dict[str, object]] = json.loads(manifest.read_text(encoding="utf-8"))
    return {source: str(entry["file"]) for source, entry in entries.items() if entry.get("isEntry")}
