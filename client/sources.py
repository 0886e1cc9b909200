"""Find the files to send, and their names in the transfer."""

import errno
import os
import stat
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

EMPTY_FOLDER = "empty-folder"
LINKED_FOLDER = "linked-folder"
BROKEN_LINK = "broken-link"
NOT_A_FILE = "not-a-file"


class UnsendablePath(OSError):
    """This is neither a file nor a folder, or its name is not valid text."""


@dataclass(frozen=True)
class SkippedPath:
    """An entry of a folder that is not sent, by its path in the transfer; `reason` is one of the constants above."""

    name: str
    reason: str


@dataclass(frozen=True)
class SourceFile:
    """A file on this machine, and its path in the transfer (`/` between folders)."""

    path: Path
    name: str

    @property
    def size_bytes(self) -> int:
        return self.path.stat().st_size

    @property
    def modified_at(self) -> datetime | None:
        """Return the modification time in whole milliseconds; None for a year that not every calendar has."""
        try:
            modified = datetime.fromtimestamp(self.path.stat().st_mtime_ns // 10**6 / 1000, UTC)
        except (OverflowError, ValueError):
            return None
        return (
            modified.replace(microsecond=modified.microsecond // 1000 * 1000) if 1601 < modified.year < 9000 else None
        )


@dataclass(frozen=True)
class Sources:
    """The files to send, and the skipped entries."""

    files: list[SourceFile]
    skipped: list[SkippedPath]


def find_sources(paths: Iterable[Path]) -> Sources:
    """Return files under their own names and folders with their tree, each file once, in a stable order.

    Of two files with the same name the second is numbered, as the service would do. Entries of folders that are no
    files are skipped; an unreadable one raises `OSError` before anything is sent.
    """
    found: dict[Path, SourceFile] = {}
    skipped: dict[Path, SkippedPath] = {}
    taken: set[str] = set()
    for path in dict.fromkeys(Path(os.path.abspath(path)) for path in paths):  # noqa: PTH100 - does not resolve symbolic links
        for file, reason in _files_of(path):
            name = file.relative_to(path.parent).as_posix()
            if reason:
                skipped[file] = SkippedPath(name, reason)
            elif file not in found:
                if not os.access(file, os.R_OK):
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(file))
                name = _unique_name(name, taken)
                found[file] = SourceFile(file, name)
                taken.add(name)
    return Sources(list(found.values()), list(skipped.values()))


def file_id(draft: str, name: str) -> str:
    """Derive the id of a file, so that a killed client finds a begun file again without having stored anything."""
    return str(uuid.uuid5(uuid.UUID(draft), name))


def _files_of(path: Path) -> Iterator[tuple[Path, str]]:
    """Yield every file, and with a reason each other entry; refuse a given path that is neither file nor folder."""
    if path.is_dir():
        yield from _below(path)
    elif stat.S_ISREG(path.stat().st_mode):
        yield path, ""
    else:
        raise UnsendablePath(None, "not a file", str(path))


def _below(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield the entries in the order of their names, following links to files; refuse an unreadable folder."""
    entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    if not entries:
        yield folder, EMPTY_FOLDER
    for entry in entries:
        path = Path(entry.path)
        if entry.is_file():
            yield path, ""
        elif entry.is_dir(follow_symlinks=False):
            yield from _below(path)
        elif entry.is_dir():
            yield path, LINKED_FOLDER
        else:
            yield path, BROKEN_LINK if entry.is_symlink() and not path.exists() else NOT_A_FILE


def _unique_name(name: str, taken: set[str]) -> str:
    try:
        name.encode()
    except UnicodeEncodeError:
        raise UnsendablePath(None, "the name is not valid text", name) from None
    above, slash, last = name.rpartition("/")
    stem, dot, extension = last.rpartition(".")
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        numbered = f"{stem} ({number}).{extension}" if stem and dot else f"{last} ({number})"
        candidate = above + slash + numbered
    return candidate
