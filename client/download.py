"""Fetching a file: a dropped line resumes inside the same download, and the digest is verified before it counts."""

import hashlib
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import httpx

from client.answers import Grant, OfferedFile
from client.api import Api
from client.problem import BytesDiffer, Problem, UnexpectedAnswer, problem_of

Progress = Callable[[int], None]
CHUNK_BYTES = 1024 * 1024
CAPABILITY_OVER = frozenset({401, 403, 404})


class Downloader:
    """Fetches files of one link; `progress` hears of bytes that are on the disk, also those of an earlier attempt."""

    def __init__(self, api: Api, token: str, progress: Progress | None = None) -> None:
        self._api = api
        self._token = token
        self._progress = progress or (lambda _bytes: None)

    def fetch(self, offered: OfferedFile, target: Path) -> Path:
        """The file, whole and verified, at `target`; goes on with what an earlier, cut attempt left beside it."""
        target.parent.mkdir(parents=True, exist_ok=True)
        partial, download = _begun(target)

        def begin() -> Grant:
            return self._api.begin_download(self._token, offered.file, download)

        grant = begin()
        with partial.open("ab+") as stream:
            pull = Pull(self._api, grant, begin, stream, self._progress)
            pull.finish()
        if pull.sha256 != pull.grant.sha256:
            partial.unlink()
            raise BytesDiffer(offered.path)
        return partial.replace(target)


class Pull:
    """The bytes of one download on their way to one stream, digested as they pass."""

    def __init__(
        self, api: Api, grant: Grant, begin: Callable[[], Grant], stream: BinaryIO, progress: Progress
    ) -> None:
        self._api = api
        self.grant = grant
        self._begin = begin
        self._stream = stream
        self._progress = progress
        self._digest = hashlib.sha256()
        self._take_in_what_is_there()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def finish(self) -> None:
        """Asks for the rest until there is none; attempts that bring something do not use up the patience."""
        while True:
            before = self._stream.tell()
            try:
                return self._api.wire.patience.keep_trying(self._once)
            except (httpx.TransportError, Problem):
                if self._stream.tell() == before:
                    raise

    def _once(self) -> None:
        try:
            self._get()
        except Problem as problem:
            if problem.status not in CAPABILITY_OVER:
                raise
            self.grant = self._begin()
            self._get()

    def _get(self) -> None:
        """One GET from where the stream ends; an empty file is asked for too, because that is how it counts."""
        at = self._stream.tell()
        if at and at == self.grant.size_bytes:
            return
        headers = {"Range": f"bytes={at}-"} if at else {}
        with self._api.wire.http.stream("GET", self.grant.url, headers=headers) as answer:
            if not answer.is_success:
                answer.read()
                raise problem_of(answer)
            if at and not answer.headers.get("content-range", "").startswith(f"bytes {at}-"):
                raise UnexpectedAnswer("bytes from another place than was asked for")
            for chunk in answer.iter_raw():  # as they come: a chunk size would hold back, and lose, the last ones
                self._take_in(chunk)
        if self._stream.tell() != self.grant.size_bytes:
            raise httpx.RemoteProtocolError("the line ended before the file did")

    def _take_in(self, chunk: bytes) -> None:
        self._stream.write(chunk)
        self._digest.update(chunk)
        self._progress(len(chunk))

    def _take_in_what_is_there(self) -> None:
        self._stream.seek(0)
        while chunk := self._stream.read(CHUNK_BYTES):
            self._digest.update(chunk)
            self._progress(len(chunk))


def _begun(target: Path) -> tuple[Path, str]:
    """The partial file and the id of the download it belongs to: that of an earlier attempt, or a new one."""
    for partial in target.parent.iterdir():
        name, _, download = partial.name.removesuffix(".part").rpartition(".")
        if name == target.name and partial.name == f"{name}.{download}.part":
            return partial, download
    download = str(uuid.uuid4())
    return target.with_name(f"{target.name}.{download}.part"), download
