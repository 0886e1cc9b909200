"""Fetching a file: a dropped line resumes inside the same download, and the digest is verified before it counts."""

import hashlib
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from client.answers import Grant, Offer, OfferedFile
from client.api import Api
from client.archive import check
from client.partial import Partial
from client.problem import BytesDiffer
from client.pull import Pull
from client.watching import Watcher

Begin = Callable[[str], Grant]
Verify = Callable[[Path, Pull], None]


class Downloader:
    """Fetches files of one link, with their dates; who watches hears of bytes on the disk, however old."""

    def __init__(self, api: Api, token: str, watcher: Watcher | None = None) -> None:
        self._api = api
        self._token = token
        self._watcher = watcher or Watcher()

    def fetch(self, offered: OfferedFile, target: Path) -> Path:
        """The file, whole and verified, at `target`; goes on with what an earlier, cut attempt left beside it."""

        def begin(download: str) -> Grant:
            return self._api.begin_download(self._token, offered.file, download)

        def verify(_part: Path, pull: Pull) -> None:
            if pull.sha256 != pull.grant.sha256:
                raise BytesDiffer(offered.path)

        return self._fetch(offered.file, begin, target, verify)

    def fetch_archive(self, offer: Offer, wanted: Sequence[OfferedFile], target: Path) -> Path:
        """These files of an offer as one ZIP archive, opened and verified; goes on like a file does."""
        chosen = {file.file: file for file in wanted}
        ids = [file.file for file in offer.files if file.file in chosen]

        def begin(download: str) -> Grant:
            return self._api.begin_archive(self._token, download, ids)

        def verify(part: Path, pull: Pull) -> None:
            check(part, [chosen[file] for file in pull.grant.files if file in chosen])

        etag = offer.card["archive"]["etag"]
        return self._fetch(f"archive {etag} {ids}", begin, target, verify)

    def _fetch(self, what: str, begin: Begin, target: Path, verify: Verify) -> Path:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = Partial.of(target, self._token, what)
        with partial.opened() as stream:
            pull = Pull(self._api.wire, begin, partial, stream, self._watcher)
            pull.finish()
            stream.flush()
            verify(partial.path, pull)
            if pull.modified_at:
                with suppress(OSError, OverflowError):  # a date that this system cannot keep is no reason to fail
                    os.utime(partial.path, (pull.modified_at.timestamp(),) * 2)
            partial.path.replace(target)
        self._watcher.done(target.name)
        return target


def sha256_of(path: Path) -> str:
    """Of a file's bytes, in lower-case hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
