"""Names of files: valid on every system, inside their folder, and without disguise.

Refused, because no honest client sends them: control characters (NUL included), half a surrogate pair, `.` or `..` as
a folder, absolute paths, empty names, more folders or characters than the limits allow.
Cleaned, because honest people have them: invisible and direction-changing characters are removed, except the joiners of
a script or an emoji; look-alikes of `/` and characters that Windows forbids become `_`; trailing dots and spaces are
removed; a reserved Windows name gets a `_` prefix; a name that is too long is shortened and keeps its extension. A
backslash separates folders, as a slash does.
"""

import re
import unicodedata
from collections.abc import Iterable
from itertools import accumulate

from services.kit.refusals import Unprocessable
from services.kit.text import fold_case, normalise
from services.kit.visible import strip_invisible
from services.upload.domain.limits import Limits

MAX_INPUT_LENGTH = 4_096
MAX_NAME_BYTES = 240
MAX_EXTENSION_LENGTH = 17
LOOK_ALIKES = "\u2044\u2215\u2216\u29f5\u29f8\u29f9\ufe68\uff0f\uff3c"
REPLACEMENTS = str.maketrans(dict.fromkeys('<>:"|?*' + LOOK_ALIKES, "_"))
DEVICES = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"} | {
    f"{device}{digit}" for device in ("COM", "LPT") for digit in "123456789¹²³"
}
DRIVE = re.compile(r"[A-Za-z]:/")
TRAILING = re.compile(r"[\s.\u200c\u200d]+$")


class NameNotAcceptable(Unprocessable):
    """This file name cannot be used; rename the file and add it again."""

    title_fr = "Ce nom de fichier ne peut pas être utilisé ; renommez le fichier et ajoutez-le de nouveau."


class ExtensionRefused(Unprocessable):
    """Files of this kind are not accepted here."""

    title_fr = "Les fichiers de ce type ne sont pas acceptés ici."


def clean_path(requested: str, limits: Limits) -> str:
    """Return the cleaned path, with `/` between folders; idempotent."""
    if len(requested) > MAX_INPUT_LENGTH:
        raise NameNotAcceptable(reason="too-long", limit_characters=limits.path_characters)
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in requested):
        raise NameNotAcceptable(reason="control-character")
    plain = normalise(strip_invisible(requested), MAX_INPUT_LENGTH).replace("\\", "/")
    if plain.startswith("/") or DRIVE.match(plain):
        raise NameNotAcceptable(reason="absolute")
    segments = plain.split("/")
    if len(segments) - 1 > limits.folders:
        raise NameNotAcceptable(reason="too-deep", limit_folders=limits.folders)
    path = "/".join(_clean_name(segment, limits) for segment in segments)
    if len(path) > limits.path_characters:
        raise NameNotAcceptable(reason="too-long", limit_characters=limits.path_characters)
    return path


def refuse_extension(path: str, limits: Limits) -> None:
    """Refuse a file whose extension is on the list, in any spelling."""
    name = normalise(path.rpartition("/")[2], MAX_INPUT_LENGTH, "NFKC").casefold()
    _, dot, extension = name.rpartition(".")
    if dot and extension in limits.refused_extensions:
        raise ExtensionRefused(extension=extension)


def unique_path(path: str, taken: Iterable[str], limits: Limits) -> str:
    """Return the path, with `(2)`, `(3)`… where another file or folder has that name already, ignoring case."""
    files = {_folded(other) for other in taken}
    folders = {folder for other in files for folder in accumulate(other.split("/")[:-1], "{}/{}".format)}
    *above, name = path.split("/")
    before = ""
    for folder in above:
        before += _unique_name(before, folder, files, limits) + "/"
    return before + _unique_name(before, name, files | folders, limits)


def _unique_name(before: str, name: str, taken: set[str], limits: Limits) -> str:
    candidate, number = name, 1
    while _folded(before + candidate) in taken:
        number += 1
        candidate = _shortened(name, limits, f" ({number})")
    return candidate


def _folded(path: str) -> str:
    return fold_case(path, MAX_INPUT_LENGTH)


def _clean_name(segment: str, limits: Limits) -> str:
    name = segment.strip()
    if name in (".", ".."):
        raise NameNotAcceptable(reason="parent-folder")
    name = TRAILING.sub("", name.translate(REPLACEMENTS))
    if not name:
        raise NameNotAcceptable(reason="empty")
    return _avoid_device(_shortened(_avoid_device(name), limits))


def _avoid_device(name: str) -> str:
    return f"_{name}" if name.partition(".")[0].strip().upper() in DEVICES else name


def _shortened(name: str, limits: Limits, mark: str = "") -> str:
    """Return the name within the limits of characters and bytes, with `mark` before the extension."""
    stem, dot, extension = name.rpartition(".")
    end = dot + extension
    if not stem or len(end) > MAX_EXTENSION_LENGTH:
        stem, end = name, ""
    end = mark + end
    if len(stem + end) <= limits.name_characters and len((stem + end).encode()) <= MAX_NAME_BYTES:
        return stem + end
    stem = stem[: limits.name_characters - len(end)]
    while len((stem + end).encode()) > MAX_NAME_BYTES:
        stem = stem[:-1]
    return (TRAILING.sub("", stem) or "_") + end
