"""The transfer: one document with its files, from the first edit of the draft to the removal of its last byte."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from services.contracts import values
from services.contracts.values import Language, Part, Person, Recipient, Role, TransferReference
from services.kit.addresses import mailbox_of
from services.kit.aggregate import Aggregate
from services.kit.events import Value
from services.kit.refusals import Conflict, NotFound
from services.upload.domain.parts import part_count_of, part_length_of
from services.upload.domain.recipients import Unreadable

State = Literal["draft", "submitted", "closed"]
FileState = Literal["receiving", "complete"]
Outcome = Literal["withdrawn", "quarantined", "refused", "lapsed", "expired", "discarded"]
"""How it ended; a `discarded` draft was never submitted."""


class AlreadySubmitted(Conflict):
    """This draft has been sent; it cannot be changed any more."""

    title_fr = "Ce brouillon a été envoyé ; il ne peut plus être modifié."
    transfer: str


class Sender(Value):
    """The sender: the proven address, the address for mail, the declared name, and the role of the session."""

    address: str
    name: str
    role: Role
    mail_to: str = ""


class File(Value):
    """A file of a transfer.

    `key` is the key of its object in the bucket and reveals nothing about the file. `upload_id` is the id of its
    multipart upload, or none for a file of one part. `requested_path` is the cleaned path from the announcement; `path`
    is unique within the transfer. `stored_parts` are the parts of a complete file that has more than one.
    `restarted_at` is when the store turned out to have lost the parts that had arrived, so that all of them have to be
    sent again; none if that never happened.
    """

    requested_path: str
    path: str
    size_bytes: int
    modified_at: datetime | None
    part_bytes: int
    key: str
    upload_id: str | None
    restarted_at: datetime | None = None
    state: FileState = "receiving"
    sha256: str = ""
    crc32: int = 0
    stored_parts: tuple[Part, ...] = ()

    @property
    def parts(self) -> tuple[Part, ...]:
        """Return the parts of a complete file, in order."""
        return self.stored_parts or (Part(size_bytes=self.size_bytes, sha256=self.sha256, crc32=self.crc32),)

    @property
    def part_count(self) -> int:
        """Return the number of parts; at least one."""
        return part_count_of(self.size_bytes, self.part_bytes)

    def length_of(self, number: int) -> int:
        """Return the exact length of a part, in bytes; numbers start at one."""
        return part_length_of(number, self.size_bytes, self.part_bytes)


class PendingRemoval(Value):
    """Bytes to remove at `due_at`, and a second time later, because a part may still have been arriving."""

    key: str
    upload_id: str | None
    due_at: datetime
    removed_once: bool = False


class Transfer(Aggregate):
    """A draft, then a submitted transfer, then a closed one; `due_at` is the date of the next check by the sweeper.

    `slot` is the number of the draft; a sender has as many slots as drafts are allowed. `to`, `cc` and `bcc` are in
    normal form; `spellings` are the addresses that were typed with capitals. `sender_mailbox` is the address of the
    sender without its `+` suffix, for the limits.
    """

    state: State = "draft"
    outcome: Outcome | None = None
    sender: Sender
    slot: int | None = None
    sender_mailbox: str
    created_at: datetime
    updated_at: datetime
    submitted_at: datetime | None = None
    ends_at: datetime | None = None
    closed_at: datetime | None = None
    purged_at: datetime | None = None
    due_at: datetime | None = None
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    spellings: tuple[str, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    recipients: tuple[Recipient, ...] = ()
    subject: str = ""
    text: str = ""
    validity_days: int
    language: Language
    files: dict[str, File] = Field(default_factory=dict)
    pending_removals: tuple[PendingRemoval, ...] = ()

    @property
    def total_bytes(self) -> int:
        """Return the announced size of all files together."""
        return sum(file.size_bytes for file in self.files.values())

    @property
    def lists(self) -> dict[values.Field, tuple[str, ...]]:
        """Return the addresses of each field, in normal form."""
        return {"to": self.to, "cc": self.cc, "bcc": self.bcc}

    def file(self, id: str) -> File:
        """Return the file; `NotFound` if there is none of that id."""
        if id not in self.files:
            raise NotFound()
        return self.files[id]

    def reference(self) -> TransferReference:
        """Return what identifies this transfer in an event."""
        return TransferReference(
            transfer=self.id,
            sender=Person(address=self.sender.address, name=self.sender.name, mail_to=self.sender.mail_to),
            sender_role=self.sender.role,
            subject=self.subject,
            language=self.language,
        )


def new_draft(id: str, sender: Sender, language: Language, validity_days: int, now: datetime) -> Transfer:
    """Return an empty draft of this sender."""
    return Transfer(
        id=id,
        sender=sender,
        sender_mailbox=mailbox_of(sender.address),
        created_at=now,
        updated_at=now,
        language=language,
        validity_days=validity_days,
    )


def owned_by(address: str, transfer: Transfer) -> Transfer:
    """Return the transfer if this address is its sender; `NotFound` for anybody else."""
    if transfer.sender.address != address:
        raise NotFound()
    return transfer


def editable_by(address: str, transfer: Transfer) -> Transfer:
    """Return the draft if this address is its sender; refuse a submitted transfer."""
    own = owned_by(address, transfer)
    if own.state == "draft":
        return own
    if own.submitted_at is None:
        raise NotFound()
    raise AlreadySubmitted(transfer=own.id)
