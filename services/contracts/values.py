"""The values in events."""

from datetime import datetime
from typing import Literal

from services.kit.events import Value

Role = Literal["agent", "external"]
Language = Literal["fr", "en"]
Field = Literal["to", "cc", "bcc"]


class Person(Value):
    """A mail address in normal form with the name its owner declared (may be empty); `mail_to` is as in `Recipient`."""

    address: str
    name: str = ""
    mail_to: str = ""


class Recipient(Value):
    """A recipient of a transfer; `field` is the one in which the sender put them: bcc is hidden from the others.

    `address` is in normal form and identifies the recipient. `mail_to` is the address with its local part as typed,
    for delivery; empty if it equals `address`.
    """

    address: str
    field: Field
    role: Role
    mail_to: str = ""


class Part(Value):
    """A contiguous range of a file; `sha256` is lower-case hex, `crc32` an unsigned 32-bit number."""

    size_bytes: int
    sha256: str
    crc32: int


class SentFile(Value):
    """A file as it was sent: `path` has `/` between folders; `sha256` is that of the whole file, as declared.

    `modified_at` is the modification date on the sender's machine, if known.
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
    """Identifies a transfer in a message: its id, sender, subject and language."""

    transfer: str
    sender: Person
    sender_role: Role
    subject: str
    language: Language


class Parcel(TransferReference):
    """A whole transfer: its recipients, text, files and end of validity."""

    recipients: tuple[Recipient, ...]
    text: str
    files: tuple[SentFile, ...]
    submitted_at: datetime
    ends_at: datetime

    def reference(self) -> TransferReference:
        """Return the reference to this transfer."""
        return TransferReference(**{name: getattr(self, name) for name in TransferReference.model_fields})


class FileSummary(Value):
    """A file as mails list it."""

    path: str
    size_bytes: int
