"""The end of transfers, and the removal of their bytes."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from services.contracts.upload import TransferQuarantined, TransferWithdrawn
from services.contracts.values import FileSummary
from services.upload.domain.files import removals_of
from services.upload.domain.limits import Retention
from services.upload.domain.transfer import Outcome, PendingRemoval, Transfer

PRECEDENCE: tuple[Outcome, ...] = ("withdrawn", "quarantined", "refused", "lapsed", "expired", "discarded")
"""Ends may be announced in any order; the earliest in this list counts."""
REMOVAL_DELAY = timedelta(seconds=5)
"""By then the download service knows of the end and refuses requests, instead of missing the objects."""
MAX_SECOND_REMOVALS = 100
"""Removed files of one draft whose bytes are removed a second time."""


def withdraw(transfer: Transfer, now: datetime) -> tuple[Transfer, list[TransferWithdrawn]]:
    """Close a submitted transfer for its sender; a closed one stays as it is."""
    if transfer.state != "submitted":
        return transfer, []
    return close(transfer, "withdrawn", now, now), [TransferWithdrawn(reference=transfer.reference(), withdrawn_at=now)]


def quarantine(
    transfer: Transfer, ids: Sequence[str], retention: Retention, now: datetime
) -> tuple[Transfer, list[TransferQuarantined]]:
    """Close the transfer because these files do not match what was declared; keep the bytes as evidence."""
    if transfer.state != "submitted":
        return transfer, []
    files = (transfer.file(id) for id in ids)
    lines = tuple(FileSummary(path=file.path, size_bytes=file.size_bytes) for file in files)
    event = TransferQuarantined(reference=transfer.reference(), files=lines, quarantined_at=now)
    return _closed(transfer, "quarantined", now, now + retention.evidence), [event]


def discard(draft: Transfer, now: datetime) -> Transfer:
    """Discard a draft; a submitted transfer stays as it is."""
    return _closed(draft, "discarded", now, now) if draft.state == "draft" else draft


def close(transfer: Transfer, outcome: Outcome, at: datetime, now: datetime) -> Transfer:
    """Close a submitted transfer with the outcome of time `at`; several outcomes give the same end in any order."""
    if transfer.state == "draft" or transfer.submitted_at is None:
        return transfer
    if transfer.outcome and PRECEDENCE.index(transfer.outcome) <= PRECEDENCE.index(outcome):
        return transfer
    if transfer.state == "closed":
        return transfer.evolve(outcome=outcome, closed_at=at)
    return _closed(transfer, outcome, at, now + REMOVAL_DELAY)


def due_removals(transfer: Transfer, now: datetime) -> list[PendingRemoval]:
    """Return the removals that are due."""
    return [removal for removal in transfer.pending_removals if removal.due_at <= now]


def after_removal(transfer: Transfer, keys: Collection[str], retention: Retention, now: datetime) -> Transfer:
    """Record that the bytes under these keys are gone.

    Each removal is repeated once, when no part can be arriving any more, and then dropped. A removal that is not due
    was recorded by a concurrent sweeper. Files may be added to a draft and removed for ever, so it keeps its latest
    second removals only: bytes that arrive late for the others are found by the orphan sweeper.
    """
    updated = (_after_one_removal(one, keys, retention, now) for one in transfer.pending_removals)
    removals = tuple(one for one in updated if one is not None)
    if transfer.state == "draft":
        removals = _limited(removals)
    is_purged = transfer.state == "closed" and all(one.removed_once for one in removals)
    return transfer.evolve(pending_removals=removals, purged_at=transfer.purged_at or now if is_purged else None)


def _after_one_removal(
    removal: PendingRemoval, keys: Collection[str], retention: Retention, now: datetime
) -> PendingRemoval | None:
    if removal.key not in keys or removal.due_at > now:
        return removal
    if removal.removed_once:
        return None
    return removal.model_copy(update={"removed_once": True, "due_at": now + retention.late_bytes})


def _limited(removals: tuple[PendingRemoval, ...]) -> tuple[PendingRemoval, ...]:
    dropped = {one.key for one in [one for one in removals if one.removed_once][:-MAX_SECOND_REMOVALS]}
    return tuple(one for one in removals if one.key not in dropped)


def is_forgettable(transfer: Transfer, retention: Retention, now: datetime) -> bool:
    """Return true if the document may be deleted: a discarded draft without bytes, or a transfer past its retention."""
    return transfer.state == "closed" and not transfer.pending_removals and _next_check(transfer, retention) <= now


def apply_time(transfer: Transfer, retention: Retention, now: datetime) -> Transfer:
    """Discard a draft that was not updated for long; close a transfer that is overdue without an announced end."""
    if transfer.state == "closed" or _next_check(transfer, retention) > now:
        return transfer
    return discard(transfer, now) if transfer.state == "draft" else close(transfer, "expired", now, now)


def with_next_check(transfer: Transfer, retention: Retention) -> Transfer:
    """Set the date of the next check by the sweeper; a closed transfer is not deleted before its bytes are removed."""
    dates = [removal.due_at for removal in transfer.pending_removals]
    if transfer.state != "closed" or not dates:
        dates.append(_next_check(transfer, retention))
    return transfer.evolve(due_at=min(dates))


def _next_check(transfer: Transfer, retention: Retention) -> datetime:
    if transfer.state == "draft":
        return transfer.updated_at + retention.drafts
    if transfer.closed_at is None:
        return (transfer.ends_at or transfer.updated_at) + retention.overdue
    return transfer.closed_at if transfer.outcome == "discarded" else transfer.closed_at + retention.history


def _closed(transfer: Transfer, outcome: Outcome, at: datetime, bytes_due_at: datetime) -> Transfer:
    removals = (*transfer.pending_removals, *removals_of(list(transfer.files.values()), bytes_due_at))
    return transfer.evolve(state="closed", outcome=outcome, closed_at=at, pending_removals=removals)
