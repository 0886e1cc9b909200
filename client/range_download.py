"""Download the bytes of one file with range requests, and hash them as they arrive."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import BinaryIO, Generic, TypeVar

import httpx

from client.errors import DownloadCorrupted, Problem, ResponseFault, UnexpectedResponse
from client.partial_file import PartialFile
from client.progress import ProgressListener
from client.response import ApiResponse, parse_http_date
from client.schemas.download import StartedArchiveSchema, StartedFileSchema
from client.transport import Transport

CHUNK_BYTES = 1024 * 1024
CAPABILITY_EXPIRED = frozenset({401, 403, 404})
LINK_EXPIRED = "link-expired"
NEW_ID_NEEDED = frozenset({"download-already-done", "download-spent"})


Started = TypeVar("Started", bound=StartedFileSchema | StartedArchiveSchema)


class RangeDownload(Generic[Started]):
    """Appends to `stream` until it is complete; the id of the download is in the name of the partial file."""

    def __init__(
        self,
        transport: Transport,
        start: Callable[[str], Started],
        partial: PartialFile,
        stream: BinaryIO,
        listener: ProgressListener,
    ) -> None:
        self._transport = transport
        self._start = start
        self._partial = partial
        self._stream = stream
        self._listener = listener
        self._digest = hashlib.sha256()
        self._ids_left = 1
        self.modified_at: datetime | None = None
        self._read_existing()
        self.grant = self._start_download()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def run(self) -> None:
        """Request the rest until there is none; an attempt that brought bytes does not use up the retries."""
        while True:
            before = self._stream.tell()
            try:
                return self._transport.retry.call(self._attempt)
            except (httpx.TransportError, UnexpectedResponse, Problem):
                if self._stream.tell() == before:
                    raise

    def _start_download(self) -> Started:
        try:
            return self._start(self._partial.download)
        except Problem as problem:
            return self._start_with_new_id(problem)

    def _start_with_new_id(self, problem: Problem) -> Started:
        """Keep the bytes and take a new id: the old download is done, or was interrupted too often."""
        if problem.slug not in NEW_ID_NEEDED or not self._ids_left:
            raise problem
        self._ids_left -= 1
        self._partial.renew_download_id()
        return self._start(self._partial.download)

    def _attempt(self) -> None:
        try:
            self._request_rest()
        except Problem as problem:
            if problem.status in CAPABILITY_EXPIRED or problem.slug == LINK_EXPIRED:
                self.grant = self._start_download()
            else:
                self.grant = self._start_with_new_id(problem)
            self._request_rest()

    def _request_rest(self) -> None:
        """Send one GET from the end of the stream; an empty file is requested too, so that it counts."""
        at = self._stream.tell()
        if at > self.grant.size_bytes:
            raise DownloadCorrupted(str(self._partial.target))
        if at == self.grant.size_bytes and (at or self.grant.is_done):
            return
        headers = {"Range": f"bytes={at}-"} if at else {}
        with self._transport.http.stream("GET", self.grant.url, headers=headers) as reply:
            if not reply.is_success:
                raise _refusal(ApiResponse.read(reply))
            self._check_headers(reply, at)
            self.modified_at = parse_http_date(reply.headers.get("last-modified", ""))
            for chunk in reply.iter_raw():  # unbuffered: a chunk size would hold back, and lose, the last bytes
                self._append(chunk)
        if self._stream.tell() != self.grant.size_bytes:
            raise httpx.RemoteProtocolError("the connection ended before the file did")

    def _check_headers(self, reply: httpx.Response, at: int) -> None:
        """Refuse a response that is not the expected range, before any byte of it is written."""
        size_bytes = self.grant.size_bytes
        expected = {
            "content-length": str(size_bytes - at),
            "content-range": f"bytes {at}-{size_bytes - 1}/{size_bytes}" if at else None,
            "content-encoding": None,
            "etag": self.grant.etag,
        }
        actual = {name: reply.headers.get(name) for name in expected}
        if reply.status_code != (206 if at else 200) or actual != expected:
            raise ApiResponse(reply.request.url, reply.status_code, reply.headers).unexpected(
                ResponseFault.UNEXPECTED_BYTES
            )

    def _append(self, chunk: bytes) -> None:
        self._stream.write(chunk)
        self._digest.update(chunk)
        self._listener.transferred(len(chunk))
        self._listener.confirmed(len(chunk))

    def _read_existing(self) -> None:
        self._stream.seek(0)
        while chunk := self._stream.read(CHUNK_BYTES):
            self._digest.update(chunk)
            self._listener.resumed(len(chunk))


def _refusal(response: ApiResponse) -> Exception:
    """Return the service's refusal; a final status from anything else on the way says nothing about the file."""
    problem = response.to_problem()
    if problem.is_from_service or problem.is_transient:
        return problem
    return response.unexpected(ResponseFault.UNEXPECTED_BYTES)
