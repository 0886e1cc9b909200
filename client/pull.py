"""The bytes of one download on their way to one file, digested as they pass."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import BinaryIO

import httpx

from client.answers import Grant
from client.partial import Partial
from client.problem import BytesDiffer, Fault, Problem, UnexpectedAnswer
from client.reply import Reply, http_date
from client.watching import Watcher
from client.wire import Wire

CHUNK_BYTES = 1024 * 1024
CAPABILITY_OVER = frozenset({401, 403, 404})
ADDRESS_OR_LINK_OVER = "link-expired"
ANOTHER_ID_NEEDED = frozenset({"download-already-done", "download-spent"})


class Pull:
    """Appends to `stream` until it is whole; the id of the download is in the name of the partial file."""

    def __init__(
        self, wire: Wire, begin: Callable[[str], Grant], partial: Partial, stream: BinaryIO, watcher: Watcher
    ) -> None:
        self._wire = wire
        self._begin = begin
        self._partial = partial
        self._stream = stream
        self._watcher = watcher
        self._digest = hashlib.sha256()
        self._ids_left = 1
        self.modified_at: datetime | None = None
        self._take_in_what_is_there()
        self.grant = self._granted()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def finish(self) -> None:
        """Asks for the rest until there is none; attempts that bring something do not use up the patience."""
        while True:
            before = self._stream.tell()
            try:
                return self._wire.patience.keep_trying(self._once)
            except (httpx.TransportError, UnexpectedAnswer, Problem):
                if self._stream.tell() == before:
                    raise

    def _granted(self) -> Grant:
        try:
            return self._begin(self._partial.download)
        except Problem as problem:
            return self._granted_anew(problem)

    def _granted_anew(self, problem: Problem) -> Grant:
        """The bytes that are here stay; only the id is of no more use, because it was delivered, or broke too often."""
        if problem.slug not in ANOTHER_ID_NEEDED or not self._ids_left:
            raise problem
        self._ids_left -= 1
        self._partial.under_another_id()
        return self._begin(self._partial.download)

    def _once(self) -> None:
        try:
            self._get()
        except Problem as problem:
            if problem.status in CAPABILITY_OVER or problem.slug == ADDRESS_OR_LINK_OVER:
                self.grant = self._granted()
            else:
                self.grant = self._granted_anew(problem)
            self._get()

    def _get(self) -> None:
        """One GET from where the stream ends; an empty file is asked for too, because that is how it counts."""
        at = self._stream.tell()
        if at > self.grant.size_bytes:
            raise BytesDiffer(str(self._partial.target))
        if at == self.grant.size_bytes and (at or self.grant.is_done):
            return
        headers = {"Range": f"bytes={at}-"} if at else {}
        with self._wire.http.stream("GET", self.grant.url, headers=headers) as answer:
            if not answer.is_success:
                raise _refusal(Reply.read(answer))
            self._refuse_other_bytes(answer, at)
            self.modified_at = http_date(answer.headers.get("last-modified", ""))
            for chunk in answer.iter_raw():  # as they come: a chunk size would hold back, and lose, the last ones
                self._take_in(chunk)
        if self._stream.tell() != self.grant.size_bytes:
            raise httpx.RemoteProtocolError("the line ended before the file did")

    def _refuse_other_bytes(self, answer: httpx.Response, at: int) -> None:
        """Refuse what is not the promised bytes from `at` on, before one of them counts."""
        size_bytes = self.grant.size_bytes
        promised = {
            "content-length": str(size_bytes - at),
            "content-range": f"bytes {at}-{size_bytes - 1}/{size_bytes}" if at else None,
            "content-encoding": None,
            "etag": self.grant.etag,
        }
        said = {name: answer.headers.get(name) for name in promised}
        if answer.status_code != (206 if at else 200) or said != promised:
            raise Reply(answer.request.url, answer.status_code, answer.headers).unexpected(Fault.OTHER_BYTES)

    def _take_in(self, chunk: bytes) -> None:
        self._stream.write(chunk)
        self._digest.update(chunk)
        self._watcher.handed(len(chunk))
        self._watcher.moved(len(chunk))

    def _take_in_what_is_there(self) -> None:
        self._stream.seek(0)
        while chunk := self._stream.read(CHUNK_BYTES):
            self._digest.update(chunk)
            self._watcher.found(len(chunk))


def _refusal(reply: Reply) -> Exception:
    """What the service refused; what anything else on the way says of a file is no word about it."""
    problem = reply.refusal()
    if problem.is_ours or problem.is_passing:
        return problem
    return reply.unexpected(Fault.OTHER_BYTES)
