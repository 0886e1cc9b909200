"""A file that is being downloaded: it lies beside its target, and its name holds the id of the download."""

import hashlib
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Self

from client.errors import DownloadCorrupted, Problem
from client.file_lock import lock
from client.safe_paths import truncate_name

MARK_CHARACTERS = 12
NAME_BYTES = 180


class PartialFile:
    """`plan.pdf.<mark>.<download>.part`; the mark identifies the link and the file, so that nothing is mixed up."""

    def __init__(self, target: Path, prefix: str, download: str) -> None:
        self.target = target
        self.download = download
        self._prefix = prefix

    @classmethod
    def for_target(cls, target: Path, link: str, file: str) -> Self:
        """Find what an earlier attempt left, or create an empty file: the id is on the disk before it is used."""
        mark = hashlib.sha256(f"{link}/{file}".encode()).hexdigest()[:MARK_CHARACTERS]
        prefix = f"{truncate_name(target.name, NAME_BYTES)}.{mark}."
        pattern = re.compile(re.escape(prefix) + r"([0-9a-f-]{36})\.part")
        for name in sorted(os.listdir(target.parent)):  # noqa: PTH208 - a folder may hold a thousand of them
            if (found := pattern.fullmatch(name)) and not target.with_name(name).is_symlink():
                return cls(target, prefix, found[1])
        begun = cls(target, prefix, str(uuid.uuid4()))
        begun.path.touch(exist_ok=False)
        return begun

    @property
    def path(self) -> Path:
        """Where the bytes lie until the file is complete."""
        return self.target.with_name(f"{self._prefix}{self.download}.part")

    @contextmanager
    def open_locked(self) -> Iterator[BinaryIO]:
        """Open to read and append; raise `FileLocked` when another process has the file.

        The file stays for the next attempt, unless its bytes are wrong or the service refused before the first byte.
        """
        with self.path.open("ab+") as stream:
            lock(stream)
            try:
                yield stream
            except DownloadCorrupted:
                self.path.unlink()
                raise
            except Problem as problem:
                if problem.is_from_service and not problem.is_transient and not stream.seek(0, 2):
                    self.path.unlink()
                raise

    def renew_download_id(self) -> None:
        """Keep the bytes and continue under a new download id."""
        before = self.path
        self.download = str(uuid.uuid4())
        before.rename(self.path)
