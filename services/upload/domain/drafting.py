"""What may be typed into a draft?"""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, StrictInt, StringConstraints

from services.contracts.values import Field, Language
from services.kit.refusals import Conflict, Unprocessable
from services.upload.domain.limits import Limits
from services.upload.domain.recipients import FIELDS, read
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


def refuse_too_many_drafts(drafts: int, limits: Limits) -> None:
    """Refuse one more than a person may have."""
    if drafts >= limits.drafts:
        raise TooManyDrafts(limit=limits.drafts)


def _readdressed(draft: Transfer, revision: Revision, limits: Limits) -> Transfer:
    lists, unreadable = draft.lists, list(draft.unreadable)
    spellings = {spelling.lower(): spelling for spelling in draft.spellings}
    for field in FIELDS:
        pasted = revision.pasted(field)
        if pasted is not None:
            found = read(pasted, field, limits.recipients)
            lists[field] = tuple(typed.lower() for typed in found.addresses)
            spellings |= zip(lists[field], found.addresses, strict=True)
            unreadable = [entry for entry in unreadable if entry.field != field] + list(found.unreadable)
    named = {address for addresses in lists.values() for address in addresses}
    _refuse_too_many(len(named), len(unreadable), limits)
    spelt = tuple(typed for address, typed in spellings.items() if address in named and typed != address)
    return draft.but(**lists, unreadable=tuple(unreadable), spellings=spelt)


def _refuse_too_many(recipients: int, unreadable: int, limits: Limits) -> None:
    if recipients > limits.recipients or unreadable > limits.recipients:
        raise TooManyRecipients(limit=limits.recipients, recipients=max(recipients, unreadable))
