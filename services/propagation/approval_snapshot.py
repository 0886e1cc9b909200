"""The snapshot of a transfer that an approver decides about, and the digest that the decision repeats (R21)."""

import hashlib
import json
from datetime import datetime

from services.contracts.values import Parcel, Recipient, Role
from services.kit.events import Value


class SnapshotSender(Value):
    """The sender: the address is proven, the name only declared."""

    address: str
    role: Role
    declared_name: str


class SnapshotFile(Value):
    """A file, its size, and the SHA-256 of its bytes in lower-case hex."""

    path: str
    size_bytes: int
    sha256: str


class ApprovalSnapshot(Value):
    """A transfer as an approver reads it, with its `bcc` recipients.

    `digest` is the SHA-256, in lower-case hex, of everything but the two dates and the spelling of addresses.
    """

    transfer: str
    sender: SnapshotSender
    recipients: tuple[Recipient, ...]
    subject: str
    text: str
    files: tuple[SnapshotFile, ...]
    submitted_at: datetime
    ends_at: datetime
    digest: str = ""


def snapshot_of(parcel: Parcel) -> ApprovalSnapshot:
    """Return the snapshot of a transfer, with its digest."""
    sender = SnapshotSender(address=parcel.sender.address, role=parcel.sender_role, declared_name=parcel.sender.name)
    snapshot = ApprovalSnapshot(
        transfer=parcel.transfer,
        sender=sender,
        recipients=parcel.recipients,
        subject=parcel.subject,
        text=parcel.text,
        files=tuple(
            SnapshotFile(path=file.path, size_bytes=file.size_bytes, sha256=file.sha256) for file in parcel.files
        ),
        submitted_at=parcel.submitted_at,
        ends_at=parcel.ends_at,
    )
    return snapshot.model_copy(update={"digest": digest_of(snapshot)})


def digest_of(snapshot: ApprovalSnapshot) -> str:
    """Return the digest of a snapshot: canonical JSON, so that the order of keys does not matter."""
    content = snapshot.model_dump(
        mode="json",
        exclude={"digest": True, "submitted_at": True, "ends_at": True, "recipients": {"__all__": {"mail_to"}}},
    )
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
