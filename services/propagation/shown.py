"""What is an approver shown, exactly? One form, and the digest that a decision must repeat (R21)."""

import hashlib
import json
from datetime import datetime

from services.contracts.values import Parcel, Recipient, Role
from services.kit.events import Value


class ShownSender(Value):
    """Who writes: the address was proven, the name is only what the sender declared."""

    address: str
    role: Role
    declared_name: str


class ShownFile(Value):
    """A file, its size, and the SHA-256 of its bytes in lower-case hex."""

    path: str
    size_bytes: int
    sha256: str


class Shown(Value):
    """A transfer as the approver reads it; the hidden recipients (`bcc`) are shown to the approver too.

    `digest` is the SHA-256, in lower-case hex, over all but the two dates and how an address was typed: of what a
    decision is about.
    """

    transfer: str
    sender: ShownSender
    recipients: tuple[Recipient, ...]
    subject: str
    text: str
    files: tuple[ShownFile, ...]
    submitted_at: datetime
    ends_at: datetime
    digest: str = ""


def shown(parcel: Parcel) -> Shown:
    """What an approver of this transfer reads, with its digest."""
    sender = ShownSender(address=parcel.sender.address, role=parcel.sender_role, declared_name=parcel.sender.name)
    plain = Shown(
        transfer=parcel.transfer,
        sender=sender,
        recipients=parcel.recipients,
        subject=parcel.subject,
        text=parcel.text,
        files=tuple(ShownFile(path=file.path, size_bytes=file.size_bytes, sha256=file.sha256) for file in parcel.files),
        submitted_at=parcel.submitted_at,
        ends_at=parcel.ends_at,
    )
    return plain.model_copy(update={"digest": digest_of(plain)})


def digest_of(page: Shown) -> str:
    """The same for the same words, files and people, whatever the order of keys or the precision of a date."""
    said = page.model_dump(
        mode="json",
        exclude={"digest": True, "submitted_at": True, "ends_at": True, "recipients": {"__all__": {"mail_to"}}},
    )
    canonical = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
