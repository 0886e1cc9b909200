"""Names of files: valid on every system, inside their folder, and without disguise.

Refused, because no honest client sends them: control characters (NUL included), half a surrogate pair, `.` or `..` as
a folder, absolute paths, empty names, more folders or characters than the limits allow.
Cleaned, because honest people have them: invisible and direction-changing characters are removed, except the joiners of
a script or an emoji, and each name is made valid (`services/kit/file_names.py`). A backslash separates folders, as a
slash does.
"""

import re
import unicodedata
from collections.abc import Iterable
from itertools import accumulate

from services.kit.file_names import clean_name, shorten_name
from services.kit.refusals import Unprocessable
from services.kit.text import fold_case, normalise
from services.kit.visible import strip_invisible
from services.upload.domain.limits import Limits

MAX_INPUT_LENGTH = 4_096
DRIVE = re.compile(r"[A-Za-z]:/")


class NameNotAcceptable(Unprocessable):
    """This file name cannot be used; rename the file and add it again."""

    title_fr = "Ce nom de fichier ne peut pas être utilisé ; renommez le fichier et ajoutez-le de nouveau."
    reason: str
    limit_characters: int | None
    limit_folders: int | None


class ExtensionRefused(Unprocessable):
    """Files of this kind are not accepted here."""

    title_fr = "Les fichiers de ce type ne sont pas acceptés ici."
    extension: str


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
        candidate = shorten_name(name, limits.name_characters, f" ({number})")
    return candidate


def _folded(path: str) -> str:
    return fold_case(path, MAX_INPUT_LENGTH)


def _clean_name(segment: str, limits: Limits) -> str:
    if segment.strip() in (".", ".."):
        raise NameNotAcceptable(reason="parent-folder")
    name = clean_name(segment, limits.name_characters)
    if not name:
        raise NameNotAcceptable(reason="empty")
    return name
