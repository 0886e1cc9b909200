"""The verification of stored files against their declared digests: its state, its lease, its events."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from pydantic import Field

from services.contracts.upload import FileVerified
from services.kit.aggregate import Aggregate
from services.kit.events import Event
from services.upload.domain.transfer import File, Transfer

INITIAL_DELAY = timedelta(seconds=2)
LEASE_DURATION = timedelta(minutes=3)
RECHECK_INTERVAL = timedelta(days=1)
RETRY_DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30))

State = Literal["verified", "failed"]


class ReadBack(NamedTuple):
    """A file, and the digests of its stored bytes."""

    id: str
    file: File
    sha256: str
    crc32: int

    @property
    def matches_declaration(self) -> bool:
        """Return true if the SHA-256 is the declared one; a CRC-32 that differs is corrected instead."""
        return self.sha256 == self.file.sha256


class Verification(Aggregate):
    """The verification of one transfer's files; its id is the transfer's, and files that are not named are pending.

    It can be claimed from `due_at` on: a claim moves this date to the end of the lease, so that another process takes
    over after a crash.
    """

    due_at: datetime
    holder: str = ""
    failures: int = 0
    files: dict[str, State] = Field(default_factory=dict)


def begin(transfer: str, now: datetime) -> Verification:
    """Return a new verification; due soon, because the transfer is about to be submitted."""
    return Verification(id=transfer, due_at=now + INITIAL_DELAY)


def is_declared_only(file: File) -> bool:
    """Return true if the digest of the file is only declared; a file of one part was verified on arrival."""
    return file.part_count > 1


def needs_verification(transfer: Transfer) -> bool:
    """Return true if a file of the transfer has to be read back."""
    return next(_unverified(transfer), None) is not None


def pending(transfer: Transfer, verification: Verification) -> list[tuple[str, File]]:
    """Return the files that are still to be read back, each with its id."""
    return [(id, file) for id, file in _unverified(transfer) if id not in verification.files]


def _unverified(transfer: Transfer) -> Iterator[tuple[str, File]]:
    """Yield the files whose digest is not verified, or whose CRC-32, which an archive of several files contains."""
    several = len(transfer.files) > 1
    for id, file in transfer.files.items():
        if is_declared_only(file) or (several and file.size_bytes):
            yield id, file


def claim(verification: Verification, holder: str, now: datetime) -> Verification:
    """Give the lease to `holder`, unless another lease is running."""
    if verification.due_at > now:
        return verification
    return verification.evolve(holder=holder, due_at=now + LEASE_DURATION)


def renew(verification: Verification, holder: str, now: datetime) -> Verification:
    """Renew the lease of its holder."""
    return verification.evolve(due_at=now + LEASE_DURATION) if verification.holder == holder else verification


def reschedule(verification: Verification, holder: str, now: datetime) -> Verification:
    """Release the lease and retry later, with growing delays: the store could not be read."""
    if verification.holder != holder:
        return verification
    wait = RETRY_DELAYS[min(verification.failures, len(RETRY_DELAYS) - 1)]
    return verification.evolve(holder="", failures=verification.failures + 1, due_at=now + wait)


def finish(verification: Verification, holder: str, now: datetime) -> Verification:
    """Release the lease: nothing is left to read. Check once a day whether this document may be deleted."""
    return (
        verification.evolve(holder="", due_at=now + RECHECK_INTERVAL) if verification.holder == holder else verification
    )


def confirm(verification: Verification, found: Sequence[ReadBack], now: datetime) -> tuple[Verification, list[Event]]:
    """Record that these files match; announce those of several parts, and those whose CRC-32 differs."""
    fresh = [one for one in found if one.id not in verification.files]
    events: list[Event] = [
        FileVerified(transfer=verification.id, file=id, sha256=sha256, crc32=crc32, verified_at=now)
        for id, file, sha256, crc32 in fresh
        if is_declared_only(file) or crc32 != file.crc32
    ]
    return _with_states(verification, [one.id for one in fresh], "verified"), events


def fail(verification: Verification, id: str) -> Verification:
    """Record that this file does not match what was declared."""
    return _with_states(verification, [id], "failed")


def _with_states(verification: Verification, ids: Sequence[str], state: State) -> Verification:
    return verification.evolve(files={**verification.files, **dict.fromkeys(ids, state)}, failures=0)
