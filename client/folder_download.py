"""Download the contents of a link into a folder, several files at once; one failed file does not stop the others."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from client.api import Api
from client.archive import verify_archive
from client.download import Downloader, sha256_of
from client.errors import DownloadCorrupted, Problem, TargetExists
from client.progress import ProgressListener
from client.safe_paths import create_parent_folder, target_paths
from client.schemas.download import LinkFileSchema, LinkSchema

PARALLEL = 3


@dataclass(frozen=True)
class FetchedFile:
    """The result for one file: its place, or the failure; `is_new` is false for a file that was there before."""

    offered: LinkFileSchema
    target: Path
    is_new: bool = False
    failure: Exception | None = None


class FolderDownload:
    """One link and one folder; run again, it downloads only the files that are missing."""

    def __init__(self, api: Api, token: str, into: Path, listener: ProgressListener | None = None) -> None:
        self._into = into
        self._listener = listener or ProgressListener()
        self._downloader = Downloader(api, token, self._listener)

    def fetch_all(
        self, offer: LinkSchema, wanted: Sequence[LinkFileSchema], parallel: int = PARALLEL
    ) -> list[FetchedFile]:
        """Download the wanted files; a refusal concerns one file, a transient failure ends the whole download."""
        target_of = dict(zip(offer.files, target_paths([file.path for file in offer.files], self._into), strict=True))
        pool = ThreadPoolExecutor(parallel, thread_name_prefix="file")
        try:
            found = list(pool.map(lambda file: self._result(file, target_of[file]), wanted))
        except BaseException as error:
            pool.shutdown(wait=isinstance(error, Exception), cancel_futures=True)
            raise
        pool.shutdown()
        return found

    def fetch_archive(self, offer: LinkSchema, wanted: Sequence[LinkFileSchema]) -> Path:
        """Download the wanted files as one verified archive, named by the service; keep a valid one that is there."""
        (target,) = target_paths([offer.archive.name], self._into)
        create_parent_folder(target, self._into)
        if not target.exists():
            return self._downloader.fetch_archive(offer, wanted, target)
        try:
            verify_archive(target, [file for file in offer.files if file in wanted])
        except DownloadCorrupted:
            raise TargetExists(None, "another file is there", str(target)) from None
        return target

    def _result(self, file: LinkFileSchema, target: Path) -> FetchedFile:
        try:
            return FetchedFile(file, target, is_new=self._fetch(file, target))
        except (Problem, DownloadCorrupted, TargetExists) as failure:
            if isinstance(failure, Problem) and failure.is_transient:
                raise
            return FetchedFile(file, target, failure=failure)

    def _fetch(self, file: LinkFileSchema, target: Path) -> bool:
        create_parent_folder(target, self._into)
        if target.exists():
            if target.stat().st_size != file.size_bytes or sha256_of(target) != file.sha256:
                raise TargetExists(None, "another file is there", str(target))
            self._listener.resumed(file.size_bytes)
            return False
        self._downloader.fetch(file, target)
        return True
