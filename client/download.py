"""Download a file: resume an interrupted download under the same id, and verify the digest at the end."""

import hashlib
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from client.api import Api
from client.archive import verify_archive
from client.errors import DownloadCorrupted
from client.partial_file import PartialFile
from client.progress import ProgressListener
from client.range_download import RangeDownload, Started
from client.schemas.download import LinkFileSchema, LinkSchema, StartedArchiveSchema, StartedFileSchema


class Downloader:
    """Downloads files of one link, with their modification dates; `listener` is called for all bytes on the disk."""

    def __init__(self, api: Api, token: str, listener: ProgressListener | None = None) -> None:
        self._api = api
        self._token = token
        self._listener = listener or ProgressListener()

    def fetch(self, offered: LinkFileSchema, target: Path) -> Path:
        """Download the file to `target` and verify it; resume what an interrupted attempt left beside it."""

        def start(download: str) -> StartedFileSchema:
            return self._api.start_download(self._token, offered.file, download)

        def verify(_part: Path, range_download: RangeDownload[StartedFileSchema]) -> None:
            if range_download.sha256 != range_download.grant.sha256:
                raise DownloadCorrupted(offered.path)

        return self._fetch(offered.file, start, target, verify)

    def fetch_archive(self, offer: LinkSchema, wanted: Sequence[LinkFileSchema], target: Path) -> Path:
        """Download these files of an offer as one verified ZIP archive; resume like `fetch`."""
        chosen = {file.file: file for file in wanted}
        ids = [file.file for file in offer.files if file.file in chosen]

        def start(download: str) -> StartedArchiveSchema:
            return self._api.start_archive(self._token, download, ids)

        def verify(part: Path, range_download: RangeDownload[StartedArchiveSchema]) -> None:
            verify_archive(part, [chosen[file] for file in range_download.grant.files if file in chosen])

        return self._fetch(f"archive {offer.archive.etag} {ids}", start, target, verify)

    def _fetch(
        self,
        what: str,
        start: Callable[[str], Started],
        target: Path,
        verify: Callable[[Path, RangeDownload[Started]], None],
    ) -> Path:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = PartialFile.for_target(target, self._token, what)
        with partial.open_locked() as stream:
            range_download = RangeDownload(self._api.transport, start, partial, stream, self._listener)
            range_download.run()
            stream.flush()
            verify(partial.path, range_download)
            if range_download.modified_at:
                with suppress(OSError, OverflowError):  # this file system cannot store the date
                    os.utime(partial.path, (range_download.modified_at.timestamp(),) * 2)
            partial.path.replace(target)
        self._listener.completed(target.name)
        return target


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in lower-case hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
