"""What may be typed into a draft?"""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, StrictInt, StringConstraints

from services.contracts.values import Field, Language
from services.kit.refusals import Conflict, Unprocessable
from services.upload.domain.limits import Limits
from services.upload.domain.recipients import FIELDS, Unreadable, read
from services.upload.domain.transfer import Transfer
from services.upload.domain.writing import clean_subject, clean_text

Pasted = list[Annotated[str, StringConstraints(max_length=100_000)]]


class ValidityOutOfRange(Unprocessable):
    """The transfer cannot be kept for that number of days."""

    french = "La durée de validité demandée n'est pas possible."


class TooManyRecipients(Unprocessable):
    """There are more recipients than one transfer may have."""

    french = "Il y a plus de destinataires qu'un envoi ne peut en avoir."


class TooManyDrafts(Conflict):
    """There are too many drafts; send or delete one of them first."""

    french = "Il y a trop de brouillons ; envoyez-en ou supprimez-en un d'abord."


class Revision(BaseModel):
    """What a person changes in a draft; what is not named stays as it is."""

    to: Pasted | None = None
    cc: Pasted | None = None
    bcc: Pasted | None = None
    subject: str | None = None
    text: str | None = None
    validity_days: StrictInt | None = None
    language: Language | None = None

    def pasted(self, field: Field) -> Pasted | None:
        """The entries for one of the three lists."""
        return {"to": self.to, "cc": self.cc, "bcc": self.bcc}[field]


def revise(draft: Transfer, revision: Revision, limits: Limits, now: datetime) -> Transfer:
    """The draft with what was typed, cleaned; the same draft when nothing changed."""
    after = _readdressed(draft, revision, limits)
    if revision.subject is not None:
        after = after.but(subject=clean_subject(revision.subject, limits))
    if revision.text is not None:
        after = after.but(text=clean_text(revision.text, limits))
    if revision.validity_days is not None:
        after = after.but(validity_days=possible_days(revision.validity_days, limits))
    if revision.language is not None:
        after = after.but(language=revision.language)
    return draft if after == draft else after.but(touched_at=now)


def possible_days(days: int, limits: Limits) -> int:
    """The number of days, if a transfer can be kept for that long."""
    shortest, longest = limits.shortest_validity_days, limits.longest_validity_days
    if not shortest <= days <= longest:
        raise ValidityOutOfRange(shortest_days=shortest, longest_days=longest, asked_days=min(abs(days), 10**6))
    return days


def free_slots(taken: Collection[int], limits: Limits) -> list[int]:
    """The numbers that a new draft of somebody with these may have; refuses one more draft than a person may have.

    The database keeps two drafts of one person from having the same number: that is what holds the limit when several
    are begun at once.
    """
    free = sorted(set(range(limits.drafts)) - set(taken))
    if len(taken) >= limits.drafts or not free:
        raise TooManyDrafts(limit=limits.drafts)
    return free


def _readdressed(draft: Transfer, revision: Revision, limits: Limits) -> Transfer:
    lists, unreadable = draft.lists, list(draft.unreadable)
    for field in FIELDS:
        pasted = revision.pasted(field)
        if pasted is not None:
            lists[field], bad = read(pasted, field)
            unreadable = [entry for entry in unreadable if entry.field != field] + list(bad)
    _refuse_too_many(lists, unreadable, limits)
    return draft.but(**lists, unreadable=tuple(unreadable))


def _refuse_too_many(lists: dict[Field, tuple[str, ...]], unreadable: list[Unreadable], limits: Limits) -> None:
    recipients = len({address for addresses in lists.values() for address in addresses})
    if recipients > limits.recipients or len(unreadable) > limits.recipients:
        raise TooManyRecipients(limit=limits.recipients, recipients=max(recipients, len(unreadable)))
