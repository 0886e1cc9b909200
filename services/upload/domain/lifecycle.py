"""How does a transfer end, and how do its bytes?"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from services.contracts.upload import TransferQuarantined, TransferWithdrawn
from services.contracts.values import FileSummary
from services.upload.domain.files import removals_of
from services.upload.domain.limits import Retention
from services.upload.domain.transfer import Outcome, PendingRemoval, Transfer

OUTCOME_PRECEDENCE: tuple[Outcome, ...] = (
    "withdrawn",
    "quarantined",
    "refused",
    "lapsed",
    "expired",
    "discarded",
)
"""Two ends may be announced in any order; the earlier in this list is the one that counts."""
REMOVAL_DELAY = timedelta(seconds=5)
"""By then the downloads know of the end and refuse because of it, instead of finding that an object is missing."""
MAX_SECOND_REMOVALS = 100
"""Removed files of one draft whose bytes are looked for once more."""


def withdraw(transfer: Transfer, now: datetime) -> tuple[Transfer, list[TransferWithdrawn]]:
    """The sender deletes what was sent; what has ended stays as it ended."""
    if transfer.state != "submitted":
        return transfer, []
    return close(transfer, "withdrawn", now, now), [TransferWithdrawn(reference=transfer.reference(), withdrawn_at=now)]


def quarantine(
    transfer: Transfer, ids: Sequence[str], retention: Retention, now: datetime
) -> tuple[Transfer, list[TransferQuarantined]]:
    """These files are not, or no longer, what was declared: nobody gets any; the bytes stay, to find out why."""
    if transfer.state != "submitted":
        return transfer, []
    files = (transfer.file(id) for id in ids)
    lines = tuple(FileSummary(path=file.path, size_bytes=file.size_bytes) for file in files)
    event = TransferQuarantined(reference=transfer.reference(), files=lines, quarantined_at=now)
    return _closed(transfer, "quarantined", now, now + retention.evidence), [event]


def discard(draft: Transfer, now: datetime) -> Transfer:
    """Throw a draft away; what was sent is no draft and stays."""
    return _closed(draft, "discarded", now, now) if draft.state == "draft" else draft


def close(transfer: Transfer, outcome: Outcome, at: datetime, now: datetime) -> Transfer:
    """End a submitted transfer with this outcome, which came about `at`; in whatever order ends are told, one stays."""
    if transfer.state == "draft" or transfer.submitted_at is None:
        return transfer
    if transfer.outcome and OUTCOME_PRECEDENCE.index(transfer.outcome) <= OUTCOME_PRECEDENCE.index(outcome):
        return transfer
    if transfer.state == "closed":
        return transfer.evolve(outcome=outcome, closed_at=at)
    return _closed(transfer, outcome, at, now + REMOVAL_DELAY)


def due_removals(transfer: Transfer, now: datetime) -> list[PendingRemoval]:
    """The bytes that must be removed now."""
    return [removal for removal in transfer.pending_removals if removal.due_at <= now]


def after_removal(transfer: Transfer, keys: Collection[str], retention: Retention, now: datetime) -> Transfer:
    """After the bytes under these keys were seen to be gone: once more when nothing can be on its way, then no more.

    What is not due any more was written down by another sweeper, which did the same at the same time. A draft, to which
    files may be added and removed for ever, keeps the latest of those that are looked for once more: bytes that arrive
    late for the others are found by the sweep of orphans.
    """
    again = tuple(
        kept for left in transfer.pending_removals if (kept := _after_one_removal(left, keys, retention, now))
    )
    if transfer.state == "draft":
        again = _limited(again)
    gone = transfer.state == "closed" and all(removal.removed_once for removal in again)
    return transfer.evolve(pending_removals=again, purged_at=transfer.purged_at or now if gone else None)


def _after_one_removal(
    removal: PendingRemoval, keys: Collection[str], retention: Retention, now: datetime
) -> PendingRemoval | None:
    if removal.key not in keys or removal.due_at > now:
        return removal
    if removal.removed_once:
        return None
    return removal.model_copy(update={"removed_once": True, "due_at": now + retention.late_bytes})


def _limited(pending_removals: tuple[PendingRemoval, ...]) -> tuple[PendingRemoval, ...]:
    dropped = {one.key for one in [one for one in pending_removals if one.removed_once][:-MAX_SECOND_REMOVALS]}
    return tuple(one for one in pending_removals if one.key not in dropped)


def is_forgettable(transfer: Transfer, retention: Retention, now: datetime) -> bool:
    """True when nothing is left to remember: a thrown away draft without bytes, or a transfer of long ago."""
    return transfer.state == "closed" and not transfer.pending_removals and _next_check(transfer, retention) <= now


def apply_time(transfer: Transfer, retention: Retention, now: datetime) -> Transfer:
    """What time alone does: a draft that nobody touched is thrown away, an end that nobody announced comes about."""
    if transfer.state == "closed" or _next_check(transfer, retention) > now:
        return transfer
    return discard(transfer, now) if transfer.state == "draft" else close(transfer, "expired", now, now)


def with_next_check(transfer: Transfer, retention: Retention) -> Transfer:
    """With the date at which the sweeper must look at it next; what is closed is not forgotten before its bytes."""
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
    gone = removals_of(list(transfer.files.values()), bytes_due_at)
    return transfer.evolve(
        state="closed", outcome=outcome, closed_at=at, pending_removals=(*transfer.pending_removals, *gone)
    )
