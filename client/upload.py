"""Sending files: parts in parallel, what has arrived is never sent again, a cut line costs what was in flight."""

import threading
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from client.answers import FilePlan
from client.api import Api
from client.digests import Cut, Cutter, pieces
from client.problem import Json, Problem, problem_of

Progress = Callable[[int], None]
PARALLEL = 4
ROUNDS = 3
PARTS_MISSING = frozenset({"parts-missing"})
CAPABILITY_OVER = frozenset({401, 403, 410})


@dataclass(frozen=True)
class Source:
    """A file on this machine, and the path it has in the transfer (`/` between folders)."""

    path: Path
    name: str


def sources(paths: Iterable[Path]) -> list[Source]:
    """Files by their own names, folders with their tree, in an order that is always the same."""
    found = []
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if file.is_file())
            found += [Source(file, file.relative_to(path.parent).as_posix()) for file in inside]
        else:
            found.append(Source(path, path.name))
    return found


def file_id(draft: str, name: str) -> str:
    """Derived, so that a client that was killed finds the file it had begun without having noted anything."""
    return str(uuid.uuid5(uuid.UUID(draft), name))


class Uploader:
    """Puts files into a draft; `progress` hears of bytes that are in the store, also those of an earlier attempt."""

    def __init__(self, api: Api, parallel: int = PARALLEL, progress: Progress | None = None) -> None:
        self._api = api
        self._parallel = parallel
        self._progress = progress or (lambda _bytes: None)

    def send_all(self, draft: str, files: Iterable[Source]) -> list[Json]:
        """Every file, one after another."""
        return [self.send(draft, file) for file in files]

    def send(self, draft: str, source: Source) -> Json:
        """One file, from where an earlier attempt stopped; the answer of its completion."""
        file = file_id(draft, source.name)
        plan = self._api.plan_file(draft, file, source.name, source.path.stat().st_size)
        for _ in range(ROUNDS - 1):
            try:
                return self._send_missing(draft, plan, source.path)
            except Problem as problem:
                if problem.slug not in PARTS_MISSING:
                    raise
                plan = self._api.file_plan(draft, file)
        return self._send_missing(draft, plan, source.path)

    def _send_missing(self, draft: str, plan: FilePlan, path: Path) -> Json:
        """Reads the whole file once, sends the parts that are not there, and completes."""
        cutter = Cutter(path, plan.size_bytes, plan.part_size_bytes, plan.part_count)
        there = {part.number: part.sha256 for part in plan.parts}
        address = PartsAddress(self._api, draft, plan)
        with ThreadPoolExecutor(self._parallel, thread_name_prefix="part") as pool:
            running: set[Future[None]] = set()
            try:
                for cut in cutter:
                    if plan.is_complete or there.get(cut.number) == cut.sha256:
                        self._progress(len(cut.content))
                        continue
                    running = _below(running, self._parallel)
                    running.add(pool.submit(self._put, address, cut))
                _below(running, 1)
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        self._api.stay_in_session()
        return self._api.complete_file(draft, plan.file, cutter.sha256)

    def _put(self, address: "PartsAddress", cut: Cut) -> None:
        self._api.wire.patience.keep_trying(lambda: self._put_once(address, cut))
        self._progress(len(cut.content))

    def _put_once(self, address: "PartsAddress", cut: Cut) -> None:
        self._api.stay_in_session()
        url = address.url
        try:
            put_part(self._api, url, cut)
        except Problem as problem:
            if problem.status not in CAPABILITY_OVER:
                raise
            put_part(self._api, address.fresh(url), cut)


class PartsAddress:
    """Where the parts of a file go; when its capability is over, one thread fetches the next for all."""

    def __init__(self, api: Api, draft: str, plan: FilePlan) -> None:
        self._api = api
        self._draft = draft
        self._file = plan.file
        self._lock = threading.Lock()
        self.url = plan.parts_url

    def fresh(self, stale: str) -> str:
        """An address that is not `stale`."""
        with self._lock:
            if self.url == stale:
                self.url = self._api.file_plan(self._draft, self._file).parts_url
            return self.url


def put_part(api: Api, parts_url: str, cut: Cut) -> None:
    """One part, once; the store refuses it when what arrives does not have the digest in the address."""
    headers = {
        "Accept-Language": api.wire.language,
        "Content-Length": str(len(cut.content)),
        "Content-Type": "application/octet-stream",
        "X-Part-CRC32": f"{cut.crc32:08x}",
    }
    url = f"{api.wire.base_url}{parts_url}/{cut.number}/{cut.sha256}"
    answer = api.wire.http.put(url, content=pieces(cut.content), headers=headers)
    if not answer.is_success:
        raise problem_of(answer)


def _below(running: set[Future[None]], many: int) -> set[Future[None]]:
    """Waits until fewer than `many` run; raises what one of them raised."""
    while len(running) >= many:
        done, running = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()
    return running
