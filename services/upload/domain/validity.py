"""The validity of a submitted transfer: it can be extended, never shortened."""

from datetime import datetime, timedelta

from services.contracts.upload import TransferExtended
from services.kit.aggregate import Decision
from services.kit.refusals import Gone, NotFound, Unprocessable
from services.upload.domain.draft_edits import checked_days
from services.upload.domain.lifecycle import close
from services.upload.domain.limits import Limits
from services.upload.domain.transfer import Transfer


class TransferEnded(Gone):
    """This transfer has ended: it cannot be extended any more."""

    title_fr = "Cet envoi est terminé : il ne peut plus être prolongé."
    outcome: str


class ValidityShortened(Unprocessable):
    """A transfer can be kept for longer, not for less; to end it now, delete it."""

    title_fr = "Un envoi peut être prolongé, pas raccourci ; pour y mettre fin, supprimez-le."
    validity_days: int
    asked_days: int


def extend(transfer: Transfer, days: int, limits: Limits, now: datetime) -> Decision[Transfer]:
    """Extend the validity to this many days of 24 hours after the submission; the same number changes nothing.

    Refuse a transfer that has ended: of an extension and an end, the first one counts.
    """
    if transfer.submitted_at is None or transfer.ends_at is None:
        raise NotFound()
    if transfer.state != "submitted" or now >= transfer.ends_at:
        raise TransferEnded(outcome=transfer.outcome or "expired")
    if checked_days(days, limits) < transfer.validity_days:
        raise ValidityShortened(validity_days=transfer.validity_days, asked_days=days)
    if days == transfer.validity_days:
        return transfer, []
    ends_at = transfer.submitted_at + timedelta(days=days)
    after = transfer.evolve(validity_days=days, ends_at=ends_at, updated_at=now)
    return after, [TransferExtended(reference=transfer.reference(), ends_at=ends_at, extended_at=now)]


def expire(transfer: Transfer, at: datetime, now: datetime) -> Transfer:
    """Close a transfer that expired `at`; ignore an expiry from before an extension."""
    if transfer.ends_at is not None and at < transfer.ends_at:
        return transfer
    return close(transfer, "expired", at, now)
