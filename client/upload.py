"""Sending files: parts in parallel, what has arrived is never sent again, a cut line costs what was in flight."""

import threading
from collections.abc import Iterable
from concurrent.futures import Future
from functools import partial

from client.answers import FilePlan
from client.api import Api
from client.digests import Cut, Cutter
from client.lanes import Lanes, results
from client.parts import PartsAddress, SmallerPartsNeeded
from client.problem import ContentDiffers, Json, Problem, Stopped
from client.sources import Source, file_id
from client.watching import Watcher

PARALLEL = 4
ROUNDS = 4
SIZE_DIFFERS = "file-already-announced"
CONTENT_DIFFERS = frozenset({"part-differs", "digest-differs"})
LOOK_AGAIN = frozenset({"parts-missing", "file-already-complete", "upload-closed"})


class Uploader:
    """Puts files into a draft; who watches hears of bytes in the store, also of those of an earlier attempt."""

    def __init__(self, api: Api, parallel: int = PARALLEL, watcher: Watcher | None = None) -> None:
        self._api = api
        self._parallel = parallel
        self._watcher = watcher or Watcher()

    def send_all(self, draft: str, files: Iterable[Source]) -> list[Json]:
        """Every file, several at once; all are announced before the first byte, so that refusals come early."""
        with self._api.staying_in_session(), Lanes(self._parallel) as lanes:
            passages = lanes.each(lambda file: Passage(self._api, draft, file, lanes, self._watcher), files)
            return lanes.each(Passage.send, passages)

    def send(self, draft: str, source: Source) -> Json:
        """One file, from where an earlier attempt stopped; the answer of its completion."""
        return self.send_all(draft, [source])[0]


class Passage:
    """One file on its way into a draft; announced as soon as it is made."""

    def __init__(self, api: Api, draft: str, source: Source, lanes: Lanes, watcher: Watcher) -> None:
        self._api = api
        self._draft = draft
        self._source = source
        self._lanes = lanes
        self._watcher = watcher
        self._file = file_id(draft, source.name)
        self._counted = 0
        self._counting = threading.Lock()
        self._broken = threading.Event()
        self._small_parts = False
        self._plan = self._announced()

    def send(self) -> Json:
        """From where an earlier attempt stopped; a file that has changed since then is sent anew."""
        for _ in range(ROUNDS - 1):
            try:
                return self._completed()
            except ContentDiffers:
                self._begin_anew("digest")
            except SmallerPartsNeeded:
                self._small_parts = True
                self._forget_count()
                self._plan = self._announce()
            except Problem as problem:
                if problem.slug in CONTENT_DIFFERS:
                    self._begin_anew("digest")
                elif problem.slug in LOOK_AGAIN:
                    self._look_again()
                else:
                    problem.file = self._source.name
                    raise
        return self._completed()

    def _announced(self) -> FilePlan:
        try:
            plan = self._announce()
        except Problem as problem:
            problem.file = self._source.name
            if problem.slug != SIZE_DIFFERS:
                raise
            return self._again("size")
        if plan.is_lost:
            self._watcher.changed(self._source.name, "lost")
        if plan.modified_at and plan.modified_at != self._source.modified_at:
            self._watcher.changed(self._source.name, "date")
        return plan

    def _announce(self) -> FilePlan:
        source = self._source
        return self._api.plan_file(
            self._draft, self._file, source.name, source.size_bytes, source.modified_at, self._small_parts
        )

    def _look_again(self) -> None:
        """Something is there, or missing, that was not when it was looked at last."""
        self._forget_count()
        before, self._plan = self._plan, self._api.file_plan(self._draft, self._file)
        if self._plan.is_lost and self._plan.restarted_at != before.restarted_at:
            self._watcher.changed(self._source.name, "lost")

    def _begin_anew(self, what: str) -> None:
        self._forget_count()
        self._plan = self._again(what)

    def _again(self, what: str) -> FilePlan:
        """The file has changed: what had arrived of it is dropped, and it is announced as it is now."""
        self._watcher.changed(self._source.name, what)
        self._api.drop_file(self._draft, self._file)
        return self._announce()

    def _completed(self) -> Json:
        """Reads the whole file once, sends the parts that are not there, and completes."""
        plan, self._broken = self._plan, threading.Event()
        cutter = Cutter(self._source.path, plan.size_bytes, plan.part_size_bytes, plan.part_count)
        results(list(self._jobs(cutter)))
        answer = self._api.complete_file(self._draft, self._file, cutter.sha256)
        self._watcher.done(self._source.name)
        return answer

    def _jobs(self, cutter: Cutter) -> Iterable[Future[None]]:
        """Begins to carry each part as it is read, until one of them fails."""
        may_cut_finer = not self._small_parts
        address = PartsAddress(self._api, self._draft, self._plan, self._lanes.window, may_cut_finer)
        there = {part.number: part.sha256 for part in self._plan.parts}
        parts = iter(cutter)
        while not self._broken.is_set():
            self._lanes.take_room()
            try:
                number, content = next(parts)
            except StopIteration:
                self._lanes.leave_room()
                return
            except BaseException:
                self._lanes.leave_room()
                raise
            yield self._lanes.carry(partial(self._carry, address, there.get(number), number, content))

    def _carry(self, address: PartsAddress, there: str | None, number: int, content: bytes) -> None:
        if self._broken.is_set() or self._lanes.stopped.is_set():
            raise Stopped
        try:
            self._bring(address, there, Cut.of(number, content))
        except BaseException:
            self._broken.set()
            raise

    def _bring(self, address: PartsAddress, there: str | None, cut: Cut) -> None:
        if there == cut.sha256:
            self._watcher.found(len(cut.content))
        elif there or self._plan.is_complete:
            raise ContentDiffers(self._source.name)
        else:
            address.put(cut, self._watcher)
            self._watcher.moved(len(cut.content))
        with self._counting:
            self._counted += len(cut.content)

    def _forget_count(self) -> None:
        self._watcher.found(-self._counted)
        self._counted = 0
