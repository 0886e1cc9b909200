"""What has arrived of a file? What the store holds under an announced digest; one without the other is nothing."""

import asyncio
import uuid
from contextlib import suppress
from typing import NamedTuple
from weakref import WeakValueDictionary

from services.contracts.values import Part
from services.kit.objects import ObjectMissing, ObjectStore, StoredPart, StoreUnavailable
from services.upload.domain.files import assemble
from services.upload.domain.transfer import File
from services.upload.store import PartDigests

MAX_ATTEMPTS = 4
BACKOFF_SECONDS = 0.1


def new_object_key(transfer: str) -> str:
    """The name of an object: random, and saying nothing of the file; the sweep finds its transfer by the first half."""
    return f"{transfer}/{uuid.uuid4().hex}"


def transfer_id_of(key: str) -> str:
    """The id of the transfer that an object was made for."""
    return key.partition("/")[0]


class ReceivedParts(NamedTuple):
    """What there is of a file: `parts` are those that count, by number.

    `stored` are the parts that wait in a multipart upload. None: the store knows no such upload, because the file is
    one object, because it is sent as one, or because the upload was given up with all that `had_announced_parts` to it.
    """

    parts: dict[int, Part]
    stored: list[StoredPart] | None = None
    had_announced_parts: bool = False

    def is_lost(self, file: File) -> bool:
        """True when the store has given up what it was to keep of this file."""
        return file.upload_id is not None and self.stored is None and not self.parts


class FileUploads:
    """Files on their way into the bucket."""

    def __init__(self, objects: ObjectStore, digests: PartDigests) -> None:
        self._objects = objects
        self._digests = digests
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def lock(self, file: str) -> asyncio.Lock:
        """Held while a file is completed, so that who asks at once waits for the one answer."""
        return self._locks.setdefault(file, asyncio.Lock())

    async def start(self, key: str) -> str:
        """Begin a multipart upload; its id."""
        return await self._objects.start_multipart(key)

    async def abort(self, key: str, upload_id: str) -> None:
        """Drop a multipart upload that nobody will use."""
        await self._objects.abort_multipart(key, upload_id)

    async def received_parts(self, file: File) -> ReceivedParts:
        """The parts that are there, whole and under a known digest."""
        if file.state == "complete":
            return ReceivedParts(dict(enumerate(file.parts, start=1)))
        digests, stored = await asyncio.gather(self._digests.announced_parts(file), self._stored(file))
        if stored is None:
            return ReceivedParts(digests if await self._is_there(file) else {}, had_announced_parts=bool(digests))
        lengths = {part.number: part.size_bytes for part in stored}
        parts = {number: part for number, part in digests.items() if lengths.get(number) == part.size_bytes}
        return ReceivedParts(parts, stored)

    async def complete(self, file: File, sha256: str) -> File:
        """Make one object of the parts, and the file complete; refuses when parts are missing.

        Again, or after a crash between the store and the database, it finds the object and comes to the same end.
        """
        for attempt in range(1, MAX_ATTEMPTS + 1):
            found = await self.received_parts(file)
            done = assemble(file, sha256, found.parts)
            if file.upload_id is None or found.stored is None:
                return done
            # The store's word does not count, the object does: another process may be doing the same.
            with suppress(ObjectMissing, StoreUnavailable):
                await self._objects.complete_multipart(file.key, file.upload_id, found.stored)
            if await self._is_there(file):
                return done
            await asyncio.sleep(attempt * BACKOFF_SECONDS)
        raise StoreUnavailable()

    async def remove(self, key: str, upload_id: str | None) -> bool:
        """Remove whatever there is under this key; true when it was seen to be gone."""
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
