"""What may be typed into a draft?"""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, StrictInt
from pydantic import Field as Bounds

from services.contracts.values import Field, Language
from services.kit.refusals import Conflict, Unprocessable
from services.kit.text import LongText
from services.upload.domain.edit_conflicts import Was, refuse_overtaken
from services.upload.domain.limits import Limits
from services.upload.domain.recipients import FIELDS, Listed, pieces_of, read
from services.upload.domain.text_sanitising import clean_subject, clean_text
from services.upload.domain.transfer import Transfer

MOST_ENTRIES = 2_000
Pasted = Annotated[list[LongText], Bounds(max_length=MOST_ENTRIES)]


class ValidityOutOfRange(Unprocessable):
    """The transfer cannot be kept for that number of days."""

    title_fr = "La durée de validité demandée n'est pas possible."


class TooManyRecipients(Unprocessable):
    """There are more recipients than one transfer may have."""

    title_fr = "Il y a plus de destinataires qu'un envoi ne peut en avoir."


class TooManyDrafts(Conflict):
    """There are too many drafts; send or delete one of them first."""

    title_fr = "Il y a trop de brouillons ; envoyez-en ou supprimez-en un d'abord."


class Revision(BaseModel):
    """What a person changes in a draft; what is not named stays as it is.

    `was` holds the digests of the fields as they were shown to that person: a change of what was changed elsewhere
    since then is refused, and nothing is written.
    """

    to: Pasted | None = None
    cc: Pasted | None = None
    bcc: Pasted | None = None
    subject: LongText | None = None
    text: LongText | None = None
    validity_days: StrictInt | None = None
    language: Language | None = None
    was: Was = Was()

    def pasted(self, field: Field) -> Pasted | None:
        """The entries for one of the three lists."""
        return {"to": self.to, "cc": self.cc, "bcc": self.bcc}[field]


class Understood(NamedTuple):
    """A revision whose words were cleaned and whose lists were read."""

    lists: dict[Field, Listed]
    changes: dict[str, Any]
    was: Was = Was()


def understood(revision: Revision, limits: Limits) -> Understood:
    """Clean and read what somebody typed; refuses what is too long or too many before it looks any closer.

    A hundred addresses in other scripts can take a tenth of a second, so this is done beside the event loop.
    """
    changes: dict[str, Any] = {}
    if revision.subject is not None:
        changes["subject"] = clean_subject(revision.subject, limits)
    if revision.text is not None:
        changes["text"] = clean_text(revision.text, limits)
    if revision.validity_days is not None:
        changes["validity_days"] = possible_days(revision.validity_days, limits)
    if revision.language is not None:
        changes["language"] = revision.language
    return Understood(_lists(revision, limits), changes, revision.was)


def revise(draft: Transfer, typed: Understood, limits: Limits, now: datetime) -> Transfer:
    """The draft with what was typed; the same draft when nothing changed.

    Refuses a change of a field that was changed elsewhere meanwhile.
    """
    after = _readdressed(draft, typed.lists, limits).evolve(**typed.changes)
    refuse_overtaken(draft, after, typed.was)
    return draft if after == draft else after.evolve(touched_at=now)


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


def _lists(revision: Revision, limits: Limits) -> dict[Field, Listed]:
    pasted = {field: entries for field in FIELDS if (entries := revision.pasted(field)) is not None}
    pieces = {field: pieces_of(entries) for field, entries in pasted.items()}
    different = len(set().union(*pieces.values()))
    if different > 2 * limits.recipients:  # so many addresses, and as many that cannot be read
        raise TooManyRecipients(limit=limits.recipients, recipients=different)
    return {field: read(each, field) for field, each in pieces.items()}


def _readdressed(draft: Transfer, found: dict[Field, Listed], limits: Limits) -> Transfer:
    typed = {spelling.lower(): spelling for spelling in draft.spellings}
    typed |= {address.lower(): address for listed in reversed(found.values()) for address in listed.addresses}
    lists = draft.lists | {field: tuple(one.lower() for one in listed.addresses) for field, listed in found.items()}
    named = {address for addresses in lists.values() for address in addresses}
    kept = tuple(entry for entry in draft.unreadable if entry.field not in found)
    unreadable = (*kept, *(entry for listed in found.values() for entry in listed.unreadable))
    if len(named) > limits.recipients or len(unreadable) > limits.recipients:
        raise TooManyRecipients(limit=limits.recipients, recipients=max(len(named), len(unreadable)))
    spellings = tuple(one for address, one in typed.items() if address in named and one != address)
    return draft.evolve(**lists, unreadable=unreadable, spellings=spellings)
