"""Upload the parts of one file; fetch a fresh URL when the capability in the old one has expired."""

import threading

import httpx

from client.api import Api
from client.congestion import CongestionWindow
from client.errors import Problem, UnexpectedResponse
from client.part_reader import FilePart, chunks
from client.progress import ProgressListener
from client.schemas.upload import FilePlanSchema

CAPABILITY_EXPIRED = frozenset({401, 403, 410})
FAILURES_BEFORE_SMALLER_PARTS = 2


class SmallerPartsNeeded(Exception):
    """The connection breaks before a single part of this size is through, even when it is sent alone."""


class PartUploader:
    """The URL for the parts of a file; when its capability has expired, one thread fetches the next one for all."""

    def __init__(
        self, api: Api, draft: str, plan: FilePlanSchema, window: CongestionWindow, may_use_smaller_parts: bool
    ) -> None:
        self._api = api
        self._window = window
        self._may_use_smaller_parts = may_use_smaller_parts and not plan.parts
        self._draft = draft
        self._file = plan.file
        self._lock = threading.Lock()
        self._url = plan.parts_url

    def put(self, part: FilePart, listener: ProgressListener) -> None:
        """Upload one part, with retries; a failure is final only if no other part arrives meanwhile."""
        retry = self._api.transport.retry
        while True:
            before = self._window.arrived
            try:
                return retry.call(lambda: self._put_within_window(part, listener))
            except (httpx.TransportError, UnexpectedResponse, Problem) as error:
                is_final = isinstance(error, Problem) and not retry.is_retryable(error)
                if is_final or self._window.arrived == before:
                    raise

    def _put_within_window(self, part: FilePart, listener: ProgressListener) -> None:
        if self._may_use_smaller_parts and self._window.failures_since_arrival >= FAILURES_BEFORE_SMALLER_PARTS:
            raise SmallerPartsNeeded
        self._window.run(lambda: self._put_once(part, listener))
        self._may_use_smaller_parts = False

    def _put_once(self, part: FilePart, listener: ProgressListener) -> None:
        url = self._url
        try:
            put_part(self._api, url, part, listener)
        except Problem as problem:
            if problem.status not in CAPABILITY_EXPIRED:
                raise
            put_part(self._api, self._refreshed_url(url), part, listener)

    def _refreshed_url(self, stale: str) -> str:
        """Return a URL other than `stale`."""
        with self._lock:
            if self._url == stale:
                self._url = self._api.file_plan(self._draft, self._file).parts_url
            return self._url


def put_part(api: Api, parts_url: str, part: FilePart, listener: ProgressListener | None = None) -> None:
    """Upload one part, without retries; the store refuses it when its digest is not the one in the URL."""
    headers = {"Accept-Language": api.language, **part.headers}
    url = api.transport.base_url + part.path(parts_url)
    tally = ProgressTally(listener or ProgressListener())
    try:
        response = api.transport.send("PUT", url, content=chunks(part.content, tally.add), headers=headers)
        response.check_stored()
    except BaseException:
        tally.roll_back()
        raise


class ProgressTally:
    """The bytes of one part that were put on the connection; they are subtracted when the part has to go again."""

    def __init__(self, listener: ProgressListener) -> None:
        self._listener = listener
        self._transferred = 0

    def add(self, size_bytes: int) -> None:
        """Count so many bytes more."""
        self._transferred += size_bytes
        self._listener.transferred(size_bytes)

    def roll_back(self) -> None:
        """Subtract everything that was counted."""
        self._listener.transferred(-self._transferred)
