"""One file on its way from a form to the store: cut into parts as it comes, never more than one part in memory."""

import hashlib
import zlib
from asyncio import to_thread
from typing import Any

from portal.gateway import Refused
from portal.visits import Visit
from services.kit.refusals import BadRequest, ContentTooLarge

SMALL_BYTES = 8 * 2**20
"""A file up to this size goes in one piece, so that its size is known when it is announced."""


class FormFileTooLarge(ContentTooLarge):
    """This file is larger than this form takes; with scripts switched on there is no such limit."""

    title_fr = "Ce fichier dépasse ce que ce formulaire accepte ; avec JavaScript, cette limite n'existe pas."


class Passing:
    """Announced as soon as its size is known, put part by part, completed with the digest of the whole."""

    def __init__(self, visit: Visit, draft: str, file: str, name: str) -> None:
        self._visit = visit
        self._draft = draft
        self._file = file
        self._name = name
        self._waiting = bytearray()
        self._digest = hashlib.sha256()
        self._came = 0
        self._sent = 0
        self._plan: dict[str, Any] | None = None
        self._has_turn = False

    async def add(self, content: bytes, left_after: int | None) -> None:
        """Some more of it; `left_after` is how much is still to come, where that is known."""
        if not self._has_turn:
            await self._visit.deps.form_files_at_once.acquire()
            self._has_turn = True
        self._came += len(content)
        self._refuse_too_large(self._came)
        self._waiting += content
        if self._plan is None and len(self._waiting) > SMALL_BYTES and left_after is not None:
            self._refuse_too_large(self._came + left_after)
            await self._announce(self._came + left_after)
        if self._plan is None and len(self._waiting) > 2 * SMALL_BYTES:
            raise BadRequest()
        while self._plan is not None and len(self._waiting) > self._plan["part_size_bytes"]:
            await self._put(self._plan["part_size_bytes"])

    async def finish(self) -> None:
        """All of it came."""
        if self._plan is None:
            await self._announce(self._came)
        if self._plan is not None and self._came != self._plan["size_bytes"]:
            raise BadRequest()
        await self._put(len(self._waiting))
        await self._visit.keep_session()
        await self._visit.ask.complete_file(self._draft, self._file, self._digest.hexdigest())
        await self.let_go(give_up=False)

    async def let_go(self, give_up: bool) -> None:
        """Leave the turn to the next one, and take a file that did not arrive out of the draft."""
        if self._has_turn:
            self._has_turn = False
            self._visit.deps.form_files_at_once.release()
        if give_up and self._plan is not None:
            try:
                await self._visit.ask.drop_file(self._draft, self._file)
            except Refused:
                return  # it stays in the draft, incomplete, where the sender can remove it

    async def _announce(self, size_bytes: int) -> None:
        self._plan = await self._visit.ask.plan_file(self._draft, self._file, self._name, size_bytes)

    async def _put(self, length: int) -> None:
        assert self._plan is not None  # noqa: S101 - announced before
        content = bytes(self._waiting[:length])
        del self._waiting[:length]
        sha256, crc32 = await to_thread(self._digests, content)
        self._sent += 1
        path = f"{self._plan['parts_url']}/{self._sent}/{sha256}"
        await self._visit.deps.gateway.put_bytes(self._visit.reader(), path, content, crc32)

    def _digests(self, content: bytes) -> tuple[str, int]:
        self._digest.update(content)
        return hashlib.sha256(content).hexdigest(), zlib.crc32(content)

    def _refuse_too_large(self, size_bytes: int) -> None:
        limit = self._visit.deps.form_file_bytes
        if size_bytes > limit:
            raise FormFileTooLarge(limit_bytes=limit)
