"""What a link offers, into one folder: several files at once, and what one of them meets spares the others."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from client.answers import Offer, OfferedFile
from client.api import Api
from client.archive import check
from client.download import Downloader, sha256_of
from client.names import make_folder_of, targets
from client.problem import BytesDiffer, Problem, StandsInTheWay
from client.watching import Watcher

PARALLEL = 3


@dataclass(frozen=True)
class Fetched:
    """What became of one file: where it is, or why it is not there; `is_new` unless it was there before."""

    offered: OfferedFile
    target: Path
    is_new: bool = False
    failure: Exception | None = None


class Fetching:
    """One link and one folder; done again, it fetches what is not there yet."""

    def __init__(self, api: Api, token: str, into: Path, watcher: Watcher | None = None) -> None:
        self._into = into
        self._watcher = watcher or Watcher()
        self._downloader = Downloader(api, token, self._watcher)

    def fetch_all(self, offer: Offer, wanted: Sequence[OfferedFile], parallel: int = PARALLEL) -> list[Fetched]:
        """The wanted files of an offer; a refusal concerns one file, a line that is down concerns all."""
        places = dict(zip(offer.files, targets([file.path for file in offer.files], self._into), strict=True))
        pool = ThreadPoolExecutor(parallel, thread_name_prefix="file")
        try:
            found = list(pool.map(lambda file: self._outcome(file, places[file]), wanted))
        except BaseException as error:
            pool.shutdown(wait=isinstance(error, Exception), cancel_futures=True)
            raise
        pool.shutdown()
        return found

    def fetch_archive(self, offer: Offer, wanted: Sequence[OfferedFile]) -> Path:
        """The wanted files as one archive, named by the service, verified; one that is there already is kept."""
        (target,) = targets([offer.card["archive"]["name"]], self._into)
        make_folder_of(target, self._into)
        if not target.exists():
            return self._downloader.fetch_archive(offer, wanted, target)
        try:
            check(target, [file for file in offer.files if file in wanted])
        except BytesDiffer:
            raise StandsInTheWay(None, "another file is there", str(target)) from None
        return target

    def _outcome(self, file: OfferedFile, target: Path) -> Fetched:
        try:
            return Fetched(file, target, is_new=self._fetch(file, target))
        except (Problem, BytesDiffer, StandsInTheWay) as failure:
            if isinstance(failure, Problem) and failure.is_passing:
                raise
            return Fetched(file, target, failure=failure)

    def _fetch(self, file: OfferedFile, target: Path) -> bool:
        make_folder_of(target, self._into)
        if target.exists():
            if target.stat().st_size != file.size_bytes or sha256_of(target) != file.sha256:
                raise StandsInTheWay(None, "another file is there", str(target))
            self._watcher.found(file.size_bytes)
            return False
        self._downloader.fetch(file, target)
        return True
