"""Which files are sent, and by what names?"""

import os
import stat
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


class NothingToRead(OSError):
    """This is neither a file nor a folder, or its name is not text."""


@dataclass(frozen=True)
class Source:
    """A file on this machine, and the path it has in the transfer (`/` between folders)."""

    path: Path
    name: str

    @property
    def size_bytes(self) -> int:
        return self.path.stat().st_size

    @property
    def modified_at(self) -> datetime | None:
        """When it was last written to, in whole milliseconds; none for a date that no calendar has."""
        try:
            written = datetime.fromtimestamp(self.path.stat().st_mtime_ns // 10**6 / 1000, UTC)
        except (OverflowError, ValueError):
            return None
        return written.replace(microsecond=written.microsecond // 1000 * 1000) if 1601 < written.year < 9000 else None


def sources(paths: Iterable[Path]) -> list[Source]:
    """Files by their own names, folders with their tree, each file once, in an order that is always the same.

    Of two files that would have the same name the second is numbered, as the service would do.
    """
    found: dict[Path, Source] = {}
    taken: set[str] = set()
    for path in dict.fromkeys(Path(os.path.abspath(path)) for path in paths):  # noqa: PTH100 - keeps a link's own name
        for file in _files(path):
            if file not in found:
                name = _free(file.relative_to(path.parent).as_posix(), taken)
                found[file] = Source(file, name)
                taken.add(name)
    return list(found.values())


def file_id(draft: str, name: str) -> str:
    """Derived, so that a client that was killed finds the file it had begun without having noted anything."""
    return str(uuid.uuid5(uuid.UUID(draft), name))


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(file for file in path.rglob("*") if file.is_file())
    elif stat.S_ISREG(path.stat().st_mode):
        yield path
    else:
        raise NothingToRead(None, "not a file", str(path))


def _free(name: str, taken: set[str]) -> str:
    try:
        name.encode()
    except UnicodeEncodeError:
        raise NothingToRead(None, "the name is not text", name) from None
    above, slash, last = name.rpartition("/")
    stem, dot, extension = last.rpartition(".")
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        numbered = f"{stem} ({number}).{extension}" if stem and dot else f"{last} ({number})"
        candidate = above + slash + numbered
    return candidate
