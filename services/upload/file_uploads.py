"""Uploads of files into the bucket. A part has arrived if the store holds it and its digest was announced."""

import asyncio
import uuid
from contextlib import suppress
from typing import NamedTuple
from weakref import WeakValueDictionary

from services.contracts.values import Part
from services.kit.backoff import Backoff
from services.kit.objects import ObjectMissing, ObjectStore, StoredPart, StoreUnavailable
from services.upload.domain.files import assemble
from services.upload.domain.transfer import File
from services.upload.store import PartDigests

MAX_ATTEMPTS = 4
BACKOFF = Backoff(0.1, 0.4)


def new_object_key(transfer: str) -> str:
    """Return a random object key that reveals nothing about the file; its first half is the id of the transfer."""
    return f"{transfer}/{uuid.uuid4().hex}"


def transfer_id_of(key: str) -> str:
    """Return the id of the transfer that an object belongs to."""
    return key.partition("/")[0]


class ReceivedParts(NamedTuple):
    """What has arrived of a file: `parts` by number, each with the length and digest that were announced.

    `stored` are all parts of the multipart upload. It is none if the store has no such upload: the file is an object
    already, is sent as a single object, or the store has aborted the upload. `had_announced_parts` tells whether parts
    had been announced to an upload that is missing.
    """

    parts: dict[int, Part]
    stored: list[StoredPart] | None = None
    had_announced_parts: bool = False

    def is_lost(self, file: File) -> bool:
        """Return true if the store has aborted the multipart upload of this file and lost its parts."""
        return file.upload_id is not None and self.stored is None and not self.parts


class FileUploads:
    """Starts, inspects, completes and aborts the uploads of files."""

    def __init__(self, objects: ObjectStore, digests: PartDigests) -> None:
        self._objects = objects
        self._digests = digests
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def lock(self, file: str) -> asyncio.Lock:
        """Return the lock to hold while a file is completed, so that concurrent requests wait for one result."""
        return self._locks.setdefault(file, asyncio.Lock())

    async def start(self, key: str) -> str:
        """Start a multipart upload and return its id."""
        return await self._objects.start_multipart(key)

    async def abort(self, key: str, upload_id: str) -> None:
        """Abort a multipart upload that is not needed."""
        await self._objects.abort_multipart(key, upload_id)

    async def received_parts(self, file: File) -> ReceivedParts:
        """Return the parts that have arrived with their announced length and digest."""
        if file.state == "complete":
            return ReceivedParts(dict(enumerate(file.parts, start=1)))
        digests, stored = await asyncio.gather(self._digests.announced_parts(file), self._stored(file))
        if stored is None:
            return ReceivedParts(digests if await self._is_there(file) else {}, had_announced_parts=bool(digests))
        lengths = {part.number: part.size_bytes for part in stored}
        parts = {number: part for number, part in digests.items() if lengths.get(number) == part.size_bytes}
        return ReceivedParts(parts, stored)

    async def complete(self, file: File, sha256: str) -> File:
        """Assemble the object from its parts and return the complete file; refuse if parts are missing.

        A repetition, also after a crash between the store and the database, finds the object and returns the same.
        """
        for failures in range(1, MAX_ATTEMPTS + 1):
            found = await self.received_parts(file)
            done = assemble(file, sha256, found.parts)
            if file.upload_id is None or found.stored is None:
                return done
            # Whether the object exists decides, not the store's answer: another process may have completed it.
            with suppress(ObjectMissing, StoreUnavailable):
                await self._objects.complete_multipart(file.key, file.upload_id, found.stored)
            if await self._is_there(file):
                return done
            await asyncio.sleep(BACKOFF.pause_seconds(failures))
        raise StoreUnavailable()

    async def remove(self, key: str, upload_id: str | None) -> bool:
        """Remove the object and the multipart upload under this key; return true if they are known to be gone."""
        if upload_id and not await self._objects.abort_multipart(key, upload_id):
            return False
        await self._objects.remove(key)
        try:
            await self._objects.stat(key)
        except ObjectMissing:
            return True
        return False

    async def _stored(self, file: File) -> list[StoredPart] | None:
        with suppress(ObjectMissing):
            return await self._objects.parts(file.key, file.upload_id) if file.upload_id else None
        return None

    async def _is_there(self, file: File) -> bool:
        with suppress(ObjectMissing):
            return (await self._objects.stat(file.key)).size_bytes == file.size_bytes
        return False
