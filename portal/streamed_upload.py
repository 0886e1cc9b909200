"""Uploads one file of a form while it arrives, part by part; at most one part is in memory."""

import hashlib
from asyncio import to_thread

from client.errors import Problem
from client.part_reader import FilePart
from client.schemas.upload import FilePlanSchema
from portal.request_context import RequestContext
from services.kit.refusals import BadRequest, ContentTooLarge

SINGLE_PART_BYTES = 8 * 2**20
"""A file up to this size is sent as one part, so that its size is known when it is announced."""


class FormFileTooLarge(ContentTooLarge):
    """This file is larger than this form accepts; with JavaScript there is no such limit."""

    title_fr = "Ce fichier dépasse la taille acceptée par ce formulaire ; avec JavaScript, cette limite n'existe pas."


class StreamedUpload:
    """Announces the file once its size is known, uploads its parts, and completes it with the digest of the whole."""

    def __init__(self, context: RequestContext, draft: str, file: str, name: str) -> None:
        self._context = context
        self._draft = draft
        self._file = file
        self._name = name
        self._buffer = bytearray()
        self._digest = hashlib.sha256()
        self._received_bytes = 0
        self._parts = 0
        self._plan: FilePlanSchema | None = None
        self._has_slot = False

    async def add(self, content: bytes, bytes_after: int | None) -> None:
        """Add the next bytes; `bytes_after` is how many follow, where that is known."""
        if not self._has_slot:
            await self._context.deps.form_files_at_once.acquire()
            self._has_slot = True
        self._received_bytes += len(content)
        self._refuse_too_large(self._received_bytes)
        self._buffer += content
        if self._plan is None and len(self._buffer) > SINGLE_PART_BYTES and bytes_after is not None:
            self._refuse_too_large(self._received_bytes + bytes_after)
            await self._announce(self._received_bytes + bytes_after)
        if self._plan is None and len(self._buffer) > 2 * SINGLE_PART_BYTES:
            raise BadRequest()
        while self._plan is not None and len(self._buffer) > self._plan.part_size_bytes:
            await self._put_part(self._plan.part_size_bytes)

    async def finish(self) -> None:
        """Upload the last part and complete the file."""
        if self._plan is None:
            await self._announce(self._received_bytes)
        if self._plan is not None and self._received_bytes != self._plan.size_bytes:
            raise BadRequest()
        await self._put_part(len(self._buffer))
        await self._context.require_session()
        await self._context.api.complete_file(self._draft, self._file, self._digest.hexdigest())
        await self.release(abort=False)

    async def release(self, abort: bool) -> None:
        """Release the upload slot; with `abort`, delete a file that did not arrive from the draft."""
        if self._has_slot:
            self._has_slot = False
            self._context.deps.form_files_at_once.release()
        if abort and self._plan is not None:
            try:
                await self._context.api.delete_file(self._draft, self._file)
            except Problem:
                return  # it stays in the draft, incomplete, where the sender can remove it

    async def _announce(self, size_bytes: int) -> None:
        self._plan = await self._context.api.announce_file(self._draft, self._file, self._name, size_bytes)

    async def _put_part(self, length: int) -> None:
        assert self._plan is not None  # noqa: S101 - announced before
        content = bytes(self._buffer[:length])
        del self._buffer[:length]
        self._parts += 1
        part = await to_thread(self._hashed, self._parts, content)
        await self._context.api.put_part(self._plan.parts_url, part)

    def _hashed(self, number: int, content: bytes) -> FilePart:
        self._digest.update(content)
        return FilePart.of(number, content)

    def _refuse_too_large(self, size_bytes: int) -> None:
        limit = self._context.deps.form_file_bytes
        if size_bytes > limit:
            raise FormFileTooLarge(limit_bytes=limit)
