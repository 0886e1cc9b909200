"""Are the stored files what their sender said they are? What was read back of one transfer, and who is reading it."""

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
    """A file, and the digests of what the store really holds of it."""

    id: str
    file: File
    sha256: str
    crc32: int

    @property
    def matches_declaration(self) -> bool:
        """It is what its sender declared; a wrong CRC-32 is corrected, not held against anybody."""
        return self.sha256 == self.file.sha256


class Verification(Aggregate):
    """What was read back of one transfer's files; its id is the transfer's, a file that is not named is pending.

    `due_at` is when somebody may take it in hand: a claim moves it past the lease, so that what a dead process had in
    hand comes back, to be begun again.
    """

    due_at: datetime
    holder: str = ""
    failures: int = 0
    files: dict[str, State] = Field(default_factory=dict)


def begin(transfer: str, now: datetime) -> Verification:
    """Nothing was read yet; soon, because the transfer is about to be submitted."""
    return Verification(id=transfer, due_at=now + INITIAL_DELAY)


def is_declared_only(file: File) -> bool:
    """True when the digest of the whole is its sender's word: a file of one part was verified as it arrived."""
    return file.part_count > 1


def needs_verification(transfer: Transfer) -> bool:
    """True when something of it should be read back."""
    return next(_unverified(transfer), None) is not None


def pending(transfer: Transfer, verification: Verification) -> list[tuple[str, File]]:
    """The files that are still to be read, each with its id."""
    return [(id, file) for id, file in _unverified(transfer) if id not in verification.files]


def _unverified(transfer: Transfer) -> Iterator[tuple[str, File]]:
    """Every file whose digest, or whose CRC-32 in the archive of several files, nobody has verified."""
    several = len(transfer.files) > 1
    for id, file in transfer.files.items():
        if is_declared_only(file) or (several and file.size_bytes):
            yield id, file


def claim(verification: Verification, holder: str, now: datetime) -> Verification:
    """In the hands of `holder` until the lease ends, unless somebody else's lease lives."""
    if verification.due_at > now:
        return verification
    return verification.evolve(holder=holder, due_at=now + LEASE_DURATION)


def renew(verification: Verification, holder: str, now: datetime) -> Verification:
    """The lease begins again, for whoever still holds it."""
    return verification.evolve(due_at=now + LEASE_DURATION) if verification.holder == holder else verification


def reschedule(verification: Verification, holder: str, now: datetime) -> Verification:
    """The store could not be read: again later, and later still."""
    if verification.holder != holder:
        return verification
    wait = RETRY_DELAYS[min(verification.failures, len(RETRY_DELAYS) - 1)]
    return verification.evolve(holder="", failures=verification.failures + 1, due_at=now + wait)


def finish(verification: Verification, holder: str, now: datetime) -> Verification:
    """Nothing is left to read; looked at once a day, until the transfer has ended and this may be forgotten."""
    return (
        verification.evolve(holder="", due_at=now + RECHECK_INTERVAL) if verification.holder == holder else verification
    )


def confirm(verification: Verification, found: Sequence[ReadBack], now: datetime) -> tuple[Verification, list[Event]]:
    """These files are what was declared; announced where that is news: of a whole digest, or of another CRC-32."""
    fresh = [one for one in found if one.id not in verification.files]
    events: list[Event] = [
        FileVerified(transfer=verification.id, file=id, sha256=sha256, crc32=crc32, verified_at=now)
        for id, file, sha256, crc32 in fresh
        if is_declared_only(file) or crc32 != file.crc32
    ]
    return _with_states(verification, [one.id for one in fresh], "verified"), events


def fail(verification: Verification, id: str) -> Verification:
    """This file is not what was declared."""
    return _with_states(verification, [id], "failed")


def _with_states(verification: Verification, ids: Sequence[str], state: State) -> Verification:
    return verification.evolve(files={**verification.files, **dict.fromkeys(ids, state)}, failures=0)
