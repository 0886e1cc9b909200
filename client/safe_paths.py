"""Choose safe places for files with names from outside: inside one folder, visible, and valid on every system."""

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from client.visible import strip_invisible

NAME_BYTES = 240
MAX_NAME_CHARACTERS = 1_000
"""Longer than any name from the service; the rest is ignored, because normalising takes quadratic time."""
SEPARATORS = re.compile(r"[/\\]")
TRAILING = re.compile(r"[\s.\u200c\u200d]+$")
INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
REPLACEMENTS = str.maketrans(dict.fromkeys('<>:"|?*', "_"))
DEVICE_NAMES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)


class OutsideTargetFolder(OSError):
    """A symbolic link on this disk leads out of the target folder."""


def target_paths(paths: Iterable[str], into: Path) -> list[Path]:
    """Return a distinct place below `into` for each path, in order, distinct on case-insensitive disks too."""
    files: set[str] = set()
    folders: set[str] = set()
    found = []
    for path in paths:
        *above, name = safe_parts(path)
        place: list[str] = []
        for folder in above:
            place.append(_unique_name(place, folder, files))
            folders.add(_comparison_key(place))
        place.append(_unique_name(place, name, files | folders))
        files.add(_comparison_key(place))
        found.append(into.joinpath(*place))
    return found


def safe_parts(path: str) -> list[str]:
    """Return folders and name without traversal, hidden top-level names, or names with a meaning to a system."""
    steps = [step for step in SEPARATORS.split(path) if step.strip(" .")]
    parts = [_safe_name(step) for step in steps] or ["_"]
    if parts[0].startswith("."):
        parts[0] = "_" + parts[0]
    return parts


def create_parent_folder(target: Path, into: Path) -> None:
    """Create the folder of a target below `into`; refuse to follow a symbolic link out of it."""
    into.mkdir(parents=True, exist_ok=True)
    top, folder = into.resolve(), into
    for step in target.parent.relative_to(into).parts:
        folder /= step
        folder.mkdir(exist_ok=True)
        if not folder.resolve().is_relative_to(top):
            raise OutsideTargetFolder(None, "leads out of the folder", str(folder))


def truncate_name(name: str, size_bytes: int) -> str:
    """Return the beginning of a name, at most so many bytes long."""
    return name.encode()[:size_bytes].decode(errors="ignore")


def _safe_name(step: str) -> str:
    seen = strip_invisible(step[:MAX_NAME_CHARACTERS], INVISIBLE_CATEGORIES)
    name = TRAILING.sub("", unicodedata.normalize("NFC", seen).translate(REPLACEMENTS).strip())
    if not name.strip("."):
        return "_"
    return _shortened(f"_{name}" if DEVICE_NAMES.fullmatch(name) else name, "")


def _unique_name(above: list[str], name: str, taken: set[str]) -> str:
    """Return the name, or one with `(2)`, `(3)`… if it is taken."""
    candidate, number = name, 1
    while _comparison_key([*above, candidate]) in taken:
        number += 1
        candidate = _shortened(name, f" ({number})")
    return candidate


def _shortened(name: str, mark: str) -> str:
    """Insert the mark before the extension, and shorten the name to what disks accept."""
    stem, dot, extension = name.rpartition(".")
    end = f".{extension}" if stem and dot and len(extension) < 20 else ""
    stem = name.removesuffix(end)
    short = truncate_name(stem, NAME_BYTES - len((mark + end).encode()))
    return (short if short == stem else TRAILING.sub("", short) or "_") + mark + end


def _comparison_key(parts: list[str]) -> str:
    return unicodedata.normalize("NFC", "/".join(parts).casefold())
