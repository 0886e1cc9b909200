"""Read stored files back after their submission, which never waits for it, and compare the digests (R13)."""

import asyncio
import hashlib
import uuid
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

from services.kit.clock import monotonic_seconds
from services.kit.logs import logger
from services.kit.metrics import Counter
from services.kit.objects import ObjectMissing, StoreUnavailable
from services.upload.deps import Deps
from services.upload.domain.lifecycle import quarantine
from services.upload.domain.transfer import File, Transfer
from services.upload.domain.verification import (
    ReadBack,
    Verification,
    claim,
    confirm,
    fail,
    finish,
    pending,
    renew,
    reschedule,
)

RENEWAL_SECONDS = 60.0
CONFIRMATION_BATCH = 100

verified = Counter("upload_files_verified", "Stored files that were read back and match what was declared")
mismatched = Counter(
    "upload_file_digest_mismatches", "Stored files that do not match what was declared; their transfer is quarantined"
)
damaged = Counter("upload_parts_damaged", "Parts of such files that the store has changed since they arrived")


async def verify_due(deps: Deps) -> None:
    """Verify the transfers that are due, one after another; several instances may do so at once."""
    while ids := await deps.verifications.due():
        if not any([await _verify_transfer(deps, id) for id in ids]):
            return


async def _verify_transfer(deps: Deps, id: str) -> bool:
    """Verify the pending files of one transfer; return false if another process holds its lease."""
    holder = uuid.uuid4().hex
    held = await deps.verifications.update(id, lambda state, now: (claim(state, holder, now), []))
    if held.holder != holder:
        return False
    transfer = await deps.transfers.find(id)
    if transfer is None or transfer.purged_at:
        return await deps.verifications.forget(id)
    settled = transfer.state == "closed" or await _FileVerifier(deps, held).verify(transfer)
    after = finish if settled else reschedule
    await deps.verifications.update(id, lambda state, now: (after(state, holder, now), []))
    return True


class _FileVerifier:
    """Verifies one transfer under a lease; it pauses as long as it reads, so that uploads are not slowed down."""

    def __init__(
        self, deps: Deps, held: Verification, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._deps = deps
        self._held = held
        self._pause = pause
        self._renewed_at = monotonic_seconds()

    async def verify(self, transfer: Transfer) -> bool:
        """Return true if all files match or one does not; false if the verification must be retried later."""
        try:
            return transfer.state == "submitted" and await self._verify_all(transfer)
        except (StoreUnavailable, ObjectMissing) as error:
            logger().warning("a file cannot be read back", transfer_id=transfer.id, error=type(error).__name__)
            return False

    async def _verify_all(self, transfer: Transfer) -> bool:
        right: list[ReadBack] = []
        for id, file in pending(transfer, self._held):
            found = await self._read_back(id, file)
            if not found.matches_declaration:
                found = await self._read_back(id, file, check_parts=True)
            if not found.matches_declaration:
                await self._quarantine(id)
                return True
            right.append(found)
            if len(right) == CONFIRMATION_BATCH or file.part_count > 1:
                await self._confirm(right)
                right = []
        await self._confirm(right)
        return True

    async def _read_back(self, id: str, file: File, *, check_parts: bool = False) -> ReadBack:
        """Return the digests of a stored file, reading one part at a time; `check_parts` finds the damaged parts."""
        whole, crc32, offset = hashlib.sha256(), 0, 0
        for part in file.parts:
            began = monotonic_seconds()
            body = await self._deps.objects.read(file.key, offset, part.size_bytes)
            crc32 = await asyncio.to_thread(_update_digests, whole, crc32, body)
            if check_parts and await asyncio.to_thread(_sha256, body) != part.sha256:
                logger().error("a stored part has changed", transfer_id=self._held.id, size_bytes=offset)
                damaged.inc()
            offset += part.size_bytes
            await self._throttle(monotonic_seconds() - began)
        return ReadBack(id, file, whole.hexdigest(), crc32)

    async def _throttle(self, seconds: float) -> None:
        await self._pause(seconds)
        if monotonic_seconds() - self._renewed_at > RENEWAL_SECONDS:
            self._renewed_at = monotonic_seconds()
            await self._deps.verifications.update(
                self._held.id, lambda state, now: (renew(state, self._held.holder, now), [])
            )

    async def _confirm(self, right: list[ReadBack]) -> None:
        await self._deps.verifications.update(self._held.id, lambda state, now: confirm(state, right, now))
        verified.inc(len(right))

    async def _quarantine(self, id: str) -> None:
        """Quarantine the transfer first: a crash in between must not leave the file available."""
        logger().error("a stored file does not match what was declared", transfer_id=self._held.id)
        retention = self._deps.transfers.retention
        await self._deps.transfers.update(
            self._held.id, lambda transfer, now: quarantine(transfer, [id], retention, now)
        )
        await self._deps.verifications.update(self._held.id, lambda state, _now: (fail(state, id), []))
        mismatched.inc()


def _update_digests(whole: Any, crc32: int, body: bytes) -> int:
    whole.update(body)
    return zlib.crc32(body, crc32)


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
