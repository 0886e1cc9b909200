"""Where the parts of a file go, and one part on its way there."""

import threading

import httpx

from client.answers import FilePlan
from client.api import Api
from client.congestion import CongestionWindow
from client.digests import Cut, pieces
from client.problem import Fault, Problem, UnexpectedAnswer
from client.watching import Watcher

CAPABILITY_OVER = frozenset({401, 403, 410})
BREAKS_BEFORE_SMALLER_PARTS = 2


class SmallerPartsNeeded(Exception):
    """The line breaks before it has carried one part of this size, alone."""


class PartsAddress:
    """The address for the parts of a file; when it is over, one thread fetches the next for all."""

    def __init__(self, api: Api, draft: str, plan: FilePlan, window: CongestionWindow, may_cut_finer: bool) -> None:
        self._api = api
        self._window = window
        self._may_cut_finer = may_cut_finer and not plan.parts
        self._draft = draft
        self._file = plan.file
        self._lock = threading.Lock()
        self._url = plan.parts_url

    def put(self, cut: Cut, watcher: Watcher) -> None:
        """One part, tried again while the failure may pass; as long as others arrive, that is no failure."""
        patience = self._api.wire.patience
        while True:
            before = self._window.arrived
            try:
                return patience.keep_trying(lambda: self._put_in_turn(cut, watcher))
            except (httpx.TransportError, UnexpectedAnswer, Problem) as error:
                is_final = isinstance(error, Problem) and not patience.waits_for(error)
                if is_final or self._window.arrived == before:
                    raise

    def _put_in_turn(self, cut: Cut, watcher: Watcher) -> None:
        if self._may_cut_finer and self._window.breaks_in_vain >= BREAKS_BEFORE_SMALLER_PARTS:
            raise SmallerPartsNeeded
        self._window.carry(lambda: self._put_once(cut, watcher))
        self._may_cut_finer = False

    def _put_once(self, cut: Cut, watcher: Watcher) -> None:
        url = self._url
        try:
            put_part(self._api, url, cut, watcher)
        except Problem as problem:
            if problem.status not in CAPABILITY_OVER:
                raise
            put_part(self._api, self._fresh(url), cut, watcher)

    def _fresh(self, stale: str) -> str:
        """An address that is not `stale`."""
        with self._lock:
            if self._url == stale:
                self._url = self._api.file_plan(self._draft, self._file).parts_url
            return self._url


def put_part(api: Api, parts_url: str, cut: Cut, watcher: Watcher | None = None) -> None:
    """One part, once; the store refuses it when what arrives does not have the digest in the address."""
    headers = {
        "Accept-Language": api.wire.language,
        "Content-Length": str(len(cut.content)),
        "Content-Type": "application/octet-stream",
        "X-Part-CRC32": f"{cut.crc32:08x}",
    }
    url = f"{api.wire.base_url}{parts_url}/{cut.number}/{cut.sha256}"
    line = Line(watcher or Watcher())
    try:
        reply = api.wire.send("PUT", url, content=pieces(cut.content, line.hand), headers=headers)
        if not reply.is_success:
            raise reply.refusal()
        if reply.content:
            raise reply.unexpected(Fault.BODY)
    except BaseException:
        line.take_back()
        raise


class Line:
    """What was put on the line for one part; taken back when it has to go again."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._handed = 0

    def hand(self, size_bytes: int) -> None:
        """So many bytes more."""
        self._handed += size_bytes
        self._watcher.handed(size_bytes)

    def take_back(self) -> None:
        """None of it counts."""
        self._watcher.handed(-self._handed)
