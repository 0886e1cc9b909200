"""The values that events carry."""

from datetime import datetime
from typing import Literal

from services.kit.events import Value

Role = Literal["agent", "external"]
Language = Literal["fr", "en"]
Field = Literal["to", "cc", "bcc"]


class Person(Value):
    """A mail address in normal form, and the name its owner declared (may be empty); `mail_to` as for a recipient."""

    address: str
    name: str = ""
    mail_to: str = ""


class Recipient(Value):
    """One of those a transfer is for; `field` says where the sender put them: bcc is hidden from the others.

    `address` is in normal form and identifies them; `mail_to` is where their mail is sent, with the local part as it
    was typed, and empty where that is the same.
    """

    address: str
    field: Field
    role: Role
    mail_to: str = ""


class Part(Value):
    """A run of bytes of a file, in order; `sha256` in lower-case hex, `crc32` as an unsigned 32-bit number."""

    size_bytes: int
    sha256: str
    crc32: int


class SentFile(Value):
    """A file as it was sent: `path` has `/` between folders; `sha256` of the whole, as its sender declared it.

    `modified_at` is the file's own date on its sender's machine, where that was told.
    """

    file: str
    path: str
    size_bytes: int
    sha256: str
    crc32: int
    object_key: str
    parts: tuple[Part, ...]
    modified_at: datetime | None = None


class TransferReference(Value):
    """What any message about a transfer needs to say which one it is."""

    transfer: str
    sender: Person
    sender_role: Role
    subject: str
    language: Language


class Parcel(TransferReference):
    """A whole transfer: who to, what it says, what it holds, and until when."""

    recipients: tuple[Recipient, ...]
    text: str
    files: tuple[SentFile, ...]
    submitted_at: datetime
    ends_at: datetime

    def reference(self) -> TransferReference:
        """The same, without contents."""
        return TransferReference(**{name: getattr(self, name) for name in TransferReference.model_fields})


class FileSummary(Value):
    """A file as a mail lists it."""

    path: str
    size_bytes: int
