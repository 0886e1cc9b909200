"""Upload files: parts in parallel; parts that have arrived are never sent again."""

import threading
from collections.abc import Iterable
from concurrent.futures import Future
from functools import partial

from client.api import Api
from client.errors import Problem, UploadedContentDiffers, UploadStopped
from client.part_reader import FilePart, PartReader
from client.part_upload import PartUploader, SmallerPartsNeeded
from client.progress import ProgressListener
from client.schemas.upload import CompletedFileSchema, FilePlanSchema
from client.sources import SourceFile, file_id
from client.upload_pool import UploadPool, results

PARALLEL = 4
MAX_ROUNDS = 4
SIZE_DIFFERS = "file-already-announced"
CONTENT_DIFFERS = frozenset({"part-differs", "digest-differs"})
PLAN_OUTDATED = frozenset({"parts-missing", "file-already-complete", "upload-closed"})


class Uploader:
    """Uploads files into a draft; `listener` is called for all bytes in the store, resumed ones too."""

    def __init__(self, api: Api, parallel: int = PARALLEL, listener: ProgressListener | None = None) -> None:
        self._api = api
        self._parallel = parallel
        self._listener = listener or ProgressListener()

    def send_all(self, draft: str, files: Iterable[SourceFile]) -> list[CompletedFileSchema]:
        """Upload every file, several at once; announce all of them first, so that refusals come before any byte."""
        with self._api.keep_session_renewed(), UploadPool(self._parallel) as pool:
            uploads = pool.map(lambda file: FileUpload(self._api, draft, file, pool, self._listener), files)
            return pool.map(FileUpload.send, uploads)

    def send(self, draft: str, source: SourceFile) -> CompletedFileSchema:
        """Upload one file, resuming an earlier attempt; return the response of its completion."""
        return self.send_all(draft, [source])[0]


class FileUpload:
    """The upload of one file into a draft; the constructor announces the file."""

    def __init__(self, api: Api, draft: str, source: SourceFile, pool: UploadPool, listener: ProgressListener) -> None:
        self._api = api
        self._draft = draft
        self._source = source
        self._pool = pool
        self._listener = listener
        self._file = file_id(draft, source.name)
        self._counted = 0
        self._count_lock = threading.Lock()
        self._failed = threading.Event()
        self._small_parts = False
        self._plan = self._announce_or_restart()

    def send(self) -> CompletedFileSchema:
        """Resume an earlier attempt; upload a file that has changed since then from its start."""
        for _ in range(MAX_ROUNDS - 1):
            try:
                return self._upload_and_complete()
            except UploadedContentDiffers:
                self._restart("digest")
            except SmallerPartsNeeded:
                self._small_parts = True
                self._reset_count()
                self._plan = self._announce()
            except Problem as problem:
                if problem.slug in CONTENT_DIFFERS:
                    self._restart("digest")
                elif problem.slug in PLAN_OUTDATED:
                    self._refresh_plan()
                else:
                    problem.file = self._source.name
                    raise
        return self._upload_and_complete()

    def _announce_or_restart(self) -> FilePlanSchema:
        try:
            plan = self._announce()
        except Problem as problem:
            problem.file = self._source.name
            if problem.slug != SIZE_DIFFERS:
                raise
            return self._delete_and_announce("size")
        if plan.is_lost:
            self._listener.changed(self._source.name, "lost")
        if plan.modified_at and plan.modified_at != self._source.modified_at:
            self._listener.changed(self._source.name, "date")
        return plan

    def _announce(self) -> FilePlanSchema:
        source = self._source
        return self._api.announce_file(
            self._draft, self._file, source.name, source.size_bytes, source.modified_at, self._small_parts
        )

    def _refresh_plan(self) -> None:
        """Ask again what the service has: the plan is out of date."""
        self._reset_count()
        before, self._plan = self._plan, self._api.file_plan(self._draft, self._file)
        if self._plan.is_lost and self._plan.restarted_at != before.restarted_at:
            self._listener.changed(self._source.name, "lost")

    def _restart(self, change: str) -> None:
        self._reset_count()
        self._plan = self._delete_and_announce(change)

    def _delete_and_announce(self, change: str) -> FilePlanSchema:
        """Delete what had arrived of a changed file, and announce the file as it is now."""
        self._listener.changed(self._source.name, change)
        self._api.delete_file(self._draft, self._file)
        return self._announce()

    def _upload_and_complete(self) -> CompletedFileSchema:
        """Read the whole file once, upload the missing parts, and complete the file."""
        plan, self._failed = self._plan, threading.Event()
        reader = PartReader(self._source.path, plan.size_bytes, plan.part_size_bytes, plan.part_count)
        results(list(self._submit_parts(reader)))
        answer = self._api.complete_file(self._draft, self._file, reader.sha256)
        self._listener.completed(self._source.name)
        return answer

    def _submit_parts(self, reader: PartReader) -> Iterable[Future[None]]:
        """Submit each part as it is read, until one of them fails."""
        may_use_smaller_parts = not self._small_parts
        uploader = PartUploader(self._api, self._draft, self._plan, self._pool.window, may_use_smaller_parts)
        uploaded = {part.number: part.sha256 for part in self._plan.parts}
        parts = iter(reader)
        while not self._failed.is_set():
            self._pool.acquire_slot()
            try:
                number, content = next(parts)
            except StopIteration:
                self._pool.release_slot()
                return
            except BaseException:
                self._pool.release_slot()
                raise
            yield self._pool.submit_part(partial(self._send_part, uploader, uploaded.get(number), number, content))

    def _send_part(self, uploader: PartUploader, uploaded: str | None, number: int, content: bytes) -> None:
        if self._failed.is_set() or self._pool.stopped.is_set():
            raise UploadStopped
        try:
            self._upload_or_skip(uploader, uploaded, FilePart.of(number, content))
        except BaseException:
            self._failed.set()
            raise

    def _upload_or_skip(self, uploader: PartUploader, uploaded: str | None, part: FilePart) -> None:
        if uploaded == part.sha256:
            self._listener.resumed(len(part.content))
        elif uploaded or self._plan.is_complete:
            raise UploadedContentDiffers(self._source.name)
        else:
            uploader.put(part, self._listener)
            self._listener.confirmed(len(part.content))
        with self._count_lock:
            self._counted += len(part.content)

    def _reset_count(self) -> None:
        self._listener.resumed(-self._counted)
        self._counted = 0
