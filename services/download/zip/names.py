"""The names of files in an archive: every system can unpack them, and inside the folder of its choice only.

The upload cleaned them already; here nothing is refused, and a clean name stays as it is. A backslash separates folders
as a slash does. Empty names, `.` and `..` are removed, and with them every absolute path, as are invisible and
direction-changing characters; each name is made valid (`services/kit/file_names.py`).
"""

from collections.abc import Iterable

from services.kit.file_names import clean_name, shorten_name
from services.kit.text import fold_case, normalise
from services.kit.visible import strip_invisible

PATH_BYTES = 4_096
INVISIBLE = ("Cc", "Cf", "Cs", "Zl", "Zp")
NAMELESS = "file"


def entry_names(paths: Iterable[str]) -> list[str]:
    """Return a name for each path, in order; of two that Windows takes for the same, the later one gets ` (2)`."""
    names = UniqueNames()
    return [names.add(clean(path)) for path in paths]


def clean(path: str) -> str:
    """Return the path with `/` between folders, safe to unpack anywhere; cleaning it again changes nothing."""
    plain = normalise(strip_invisible(path[:PATH_BYTES], INVISIBLE), PATH_BYTES).replace("\\", "/")
    segments = [clean_name(segment) for segment in plain.split("/")]
    found = "/".join(segment for segment in segments if segment) or NAMELESS
    return found if len(found.encode()) <= PATH_BYTES else found.rpartition("/")[2]


class UniqueNames:
    """The names in one folder of the archive that are used; case makes no difference."""

    def __init__(self, above: str = "") -> None:
        self._above = above
        self._files: set[str] = set()
        self._folders: dict[str, UniqueNames] = {}
        self._last: dict[str, int] = {}

    def add(self, path: str) -> str:
        """Return the path, or one with ` (2)`, ` (3)`… where a file or a folder of that name exists."""
        *folders, name = path.split("/")
        place = self
        for folder in folders:
            place = place._folder(folder)
        return place._file(name)

    def _file(self, name: str) -> str:
        found = self._numbered(name)
        self._files.add(_folded(found))
        return self._above + found

    def _folder(self, name: str) -> "UniqueNames":
        """Return the one folder for all paths with this name, whichever name it got."""
        asked = _folded(name)
        if asked not in self._folders:
            found = name if asked not in self._files else self._numbered(name)
            self._folders[asked] = self._folders[_folded(found)] = UniqueNames(f"{self._above}{found}/")
        return self._folders[asked]

    def _numbered(self, name: str) -> str:
        wanted, candidate = _folded(name), name
        while _folded(candidate) in self._files or _folded(candidate) in self._folders:
            number = self._last[wanted] = self._last.get(wanted, 1) + 1
            candidate = shorten_name(name, mark=f" ({number})")
        return candidate


def _folded(name: str) -> str:
    return fold_case(name, PATH_BYTES)
