"""Edits of a draft: their limits, and how they are applied."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, StrictInt
from pydantic import Field as Bounds

from services.contracts.values import Field, Language
from services.kit.refusals import Conflict, Unprocessable
from services.kit.text import LongText
from services.upload.domain.edit_conflicts import EditPrecondition, refuse_conflict
from services.upload.domain.limits import Limits
from services.upload.domain.recipients import FIELDS, ParsedList, parse_addresses, split_lists
from services.upload.domain.text_sanitising import clean_subject, clean_text
from services.upload.domain.transfer import Transfer

MAX_ENTRIES = 2_000
PastedList = Annotated[list[LongText], Bounds(max_length=MAX_ENTRIES)]


class ValidityOutOfRange(Unprocessable):
    """The transfer cannot be kept for that number of days."""

    title_fr = "La durée de validité demandée n'est pas possible."
    shortest_days: int
    longest_days: int
    asked_days: int


class TooManyRecipients(Unprocessable):
    """There are more recipients than one transfer may have."""

    title_fr = "Il y a plus de destinataires qu'un envoi ne peut en avoir."
    limit: int
    recipients: int
    problems: list[dict[str, Any]] | None


class TooManyDrafts(Conflict):
    """There are too many drafts; send or delete one of them first."""

    title_fr = "Il y a trop de brouillons ; envoyez-en ou supprimez-en un d'abord."
    limit: int


class DraftEdit(BaseModel):
    """The changes of an edit; fields that are not named stay as they are.

    `was` holds the digests of the fields as they were shown to the editor: an edit of a field that was changed
    elsewhere since then is refused as a whole.
    """

    to: PastedList | None = None
    cc: PastedList | None = None
    bcc: PastedList | None = None
    subject: LongText | None = None
    text: LongText | None = None
    validity_days: StrictInt | None = None
    language: Language | None = None
    was: EditPrecondition = EditPrecondition()

    def entries(self, field: Field) -> PastedList | None:
        """Return the entries for one of the three lists."""
        return {"to": self.to, "cc": self.cc, "bcc": self.bcc}[field]


class ParsedEdit(NamedTuple):
    """An edit with cleaned texts and parsed lists."""

    lists: dict[Field, ParsedList]
    changes: dict[str, Any]
    was: EditPrecondition = EditPrecondition()


def parse_edit(edit: DraftEdit, limits: Limits) -> ParsedEdit:
    """Clean and parse an edit; refuse texts that are too long, and too many entries, before the costly steps.

    A hundred addresses in other scripts can take a tenth of a second: call this outside of the event loop.
    """
    changes: dict[str, Any] = {}
    if edit.subject is not None:
        changes["subject"] = clean_subject(edit.subject, limits)
    if edit.text is not None:
        changes["text"] = clean_text(edit.text, limits)
    if edit.validity_days is not None:
        changes["validity_days"] = checked_days(edit.validity_days, limits)
    if edit.language is not None:
        changes["language"] = edit.language
    return ParsedEdit(_parse_lists(edit, limits), changes, edit.was)


def apply_edit(draft: Transfer, edit: ParsedEdit, limits: Limits, now: datetime) -> Transfer:
    """Return the draft with this edit; the same draft if nothing changes.

    Refuse an edit of a field that was changed elsewhere meanwhile.
    """
    after = _with_recipients(draft, edit.lists, limits).evolve(**edit.changes)
    refuse_conflict(draft, after, edit.was)
    return draft if after == draft else after.evolve(updated_at=now)


def checked_days(days: int, limits: Limits) -> int:
    """Return the number of days; refuse one outside of the limits."""
    shortest, longest = limits.shortest_validity_days, limits.longest_validity_days
    if not shortest <= days <= longest:
        raise ValidityOutOfRange(shortest_days=shortest, longest_days=longest, asked_days=min(abs(days), 10**6))
    return days


def free_slots(taken: Collection[int], limits: Limits) -> list[int]:
    """Return the free slots of a sender; refuse a draft over the limit.

    The database allows one draft per sender and slot: this enforces the limit when several drafts are begun at once.
    """
    free = sorted(set(range(limits.drafts)) - set(taken))
    if len(taken) >= limits.drafts or not free:
        raise TooManyDrafts(limit=limits.drafts)
    return free


def _parse_lists(edit: DraftEdit, limits: Limits) -> dict[Field, ParsedList]:
    pasted = {field: entries for field in FIELDS if (entries := edit.entries(field)) is not None}
    pieces = {field: split_lists(entries) for field, entries in pasted.items()}
    different = len(set().union(*pieces.values()))
    if different > 2 * limits.recipients:  # as many addresses, and as many unreadable entries
        raise TooManyRecipients(limit=limits.recipients, recipients=different)
    return {field: parse_addresses(each, field) for field, each in pieces.items()}


def _with_recipients(draft: Transfer, found: dict[Field, ParsedList], limits: Limits) -> Transfer:
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
