"""Detect that a field of a draft was changed elsewhere, by comparing digests of its contents."""

import hashlib

from pydantic import BaseModel

from services.kit.idn import display_form
from services.kit.refusals import Conflict
from services.kit.text import ShortText
from services.upload.domain.recipients import FIELDS
from services.upload.domain.transfer import Transfer


class DraftChangedElsewhere(Conflict):
    """This draft was changed elsewhere meanwhile; compare both versions before you go on."""

    title_fr = "Ce brouillon a été modifié ailleurs entre-temps ; comparez les deux versions avant de continuer."
    fields: list[str]


class FieldDigests(BaseModel):
    """The SHA-256 (lower-case hex) of each field as UTF-8 text.

    A list of recipients has one entry per line: the addresses as displayed, then the unreadable entries. The files have
    one line each, in the order of the draft: the SHA-256 (empty until complete), the size in bytes, the path.
    """

    to: str
    cc: str
    bcc: str
    subject: str
    text: str
    validity_days: str
    files: str


class EditPrecondition(BaseModel):
    """The expected digests of the fields before an edit; those that are not named are not compared."""

    to: ShortText | None = None
    cc: ShortText | None = None
    bcc: ShortText | None = None
    subject: ShortText | None = None
    text: ShortText | None = None
    validity_days: ShortText | None = None


class SubmissionPrecondition(EditPrecondition):
    """The expected digests of a draft at its submission; those that are not named are not compared."""

    files: ShortText | None = None


class SubmissionRequest(BaseModel):
    """The precondition of a submission: a draft that was changed since it was shown is not submitted."""

    was: SubmissionPrecondition = SubmissionPrecondition()


def field_digests(draft: Transfer) -> FieldDigests:
    """Return the digest of each field."""
    texts = {"subject": draft.subject, "text": draft.text, "validity_days": str(draft.validity_days)}
    typed = {spelling.lower(): spelling for spelling in draft.spellings}
    for field in FIELDS:
        addresses = [display_form(typed.get(address, address)) for address in draft.lists[field]]
        unreadable = [entry.text for entry in draft.unreadable if entry.field == field]
        texts[field] = "\n".join([*addresses, *unreadable])
    texts["files"] = "\n".join(f"{one.sha256} {one.size_bytes} {one.path}" for one in draft.files.values())
    return FieldDigests(**{name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()})


def refuse_conflict(before: Transfer, after: Transfer, was: EditPrecondition) -> None:
    """Refuse to change a field whose digest is not the expected one, unless it has the wanted value already."""
    current, wanted = field_digests(before).model_dump(), field_digests(after).model_dump()
    made_from = was.model_dump(exclude_none=True)
    conflicts = [name for name, digest in made_from.items() if current[name] not in (digest, wanted[name])]
    if conflicts:
        raise DraftChangedElsewhere(fields=conflicts)


def require_unchanged(draft: Transfer, was: SubmissionPrecondition) -> Transfer:
    """Return the draft; refuse it if it differs from what was shown. A submitted one is not compared."""
    current = field_digests(draft).model_dump()
    changed = [name for name, digest in was.model_dump(exclude_none=True).items() if current[name] != digest]
    if changed and draft.state == "draft":
        raise DraftChangedElsewhere(fields=changed)
    return draft
