"""Where on this machine may a file go that somebody else has named? Inside one folder, under a name that is seen."""

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from client.visible import strip_invisible

NAME_BYTES = 240
LONGEST_ASKED = 1_000
"""More characters of a name than a service gives are not looked at: normalising them takes quadratic time."""
SEPARATORS = re.compile(r"[/\\]")
TAIL = re.compile(r"[\s.\u200c\u200d]+$")
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
REPLACED = str.maketrans(dict.fromkeys('<>:"|?*', "_"))
DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)


class OutsideTheFolder(OSError):
    """A link on this disk leads out of the folder that files are to go to."""


def targets(paths: Iterable[str], into: Path) -> list[Path]:
    """A place below `into` for each path, no two the same whatever the disk thinks of case; the order decides."""
    files: set[str] = set()
    folders: set[str] = set()
    found = []
    for path in paths:
        *above, name = safe_parts(path)
        place: list[str] = []
        for folder in above:
            place.append(_free(place, folder, files))
            folders.add(_folded(place))
        place.append(_free(place, name, files | folders))
        files.add(_folded(place))
        found.append(into.joinpath(*place))
    return found


def safe_parts(path: str) -> list[str]:
    """Folders and name, none of which leads anywhere, hides, or means something to a system."""
    steps = [step for step in SEPARATORS.split(path) if step.strip(" .")]
    parts = [_safe_name(step) for step in steps] or ["_"]
    if parts[0].startswith("."):
        parts[0] = "_" + parts[0]
    return parts


def make_folder_of(target: Path, into: Path) -> None:
    """The folder of a target below `into`; refuses to follow a link out of it."""
    into.mkdir(parents=True, exist_ok=True)
    top, folder = into.resolve(), into
    for step in target.parent.relative_to(into).parts:
        folder /= step
        folder.mkdir(exist_ok=True)
        if not folder.resolve().is_relative_to(top):
            raise OutsideTheFolder(None, "leads out of the folder", str(folder))


def cut_short(name: str, size_bytes: int) -> str:
    """The beginning of a name, of at most so many bytes."""
    return name.encode()[:size_bytes].decode(errors="ignore")


def _safe_name(step: str) -> str:
    seen = strip_invisible(step[:LONGEST_ASKED], UNSEEN)
    name = TAIL.sub("", unicodedata.normalize("NFC", seen).translate(REPLACED).strip())
    if not name.strip("."):
        return "_"
    return _fitting(f"_{name}" if DEVICES.fullmatch(name) else name, "")


def _free(above: list[str], name: str, taken: set[str]) -> str:
    """The name, or one with `(2)`, `(3)`… where it is taken."""
    candidate, number = name, 1
    while _folded([*above, candidate]) in taken:
        number += 1
        candidate = _fitting(name, f" ({number})")
    return candidate


def _fitting(name: str, mark: str) -> str:
    """With a mark before its extension, and shortened to what disks take."""
    stem, dot, extension = name.rpartition(".")
    end = f".{extension}" if stem and dot and len(extension) < 20 else ""
    stem = name.removesuffix(end)
    short = cut_short(stem, NAME_BYTES - len((mark + end).encode()))
    return (short if short == stem else TAIL.sub("", short) or "_") + mark + end


def _folded(parts: list[str]) -> str:
    return unicodedata.normalize("NFC", "/".join(parts).casefold())
