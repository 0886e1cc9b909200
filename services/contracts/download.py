"""The events of download."""

from datetime import datetime
from typing import ClassVar

from services.contracts.values import FileSummary, Recipient, TransferReference
from services.kit.events import Event, Secret, Value


class LinkIssued(Event):
    """A recipient received a link of their own; `token` goes into the mail and is stored nowhere else.

    `asked_at` is set if the sender asked for the mail to be sent again.
    """

    type: ClassVar[str] = "download.link-issued.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("notify",)

    reference: TransferReference
    recipient: Recipient
    token: Secret
    text: str
    files: tuple[FileSummary, ...]
    downloads_per_file: int
    ends_at: datetime
    asked_at: datetime | None = None


class LinkLeftUnused(Event):
    """A recipient is reminded: of an unused link before it ends, or because the sender asked (`asked_at`)."""

    type: ClassVar[str] = "download.link-left-unused.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("notify",)

    reference: TransferReference
    recipient: Recipient
    token: Secret
    files: tuple[FileSummary, ...]
    ends_at: datetime
    asked_at: datetime | None = None


class LinkExtended(Event):
    """A recipient who has not downloaded everything has more time to do so."""

    type: ClassVar[str] = "download.link-extended.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("notify",)

    reference: TransferReference
    recipient: Recipient
    token: Secret
    files: tuple[FileSummary, ...]
    ends_at: datetime


class RecipientRevoked(Event):
    """The sender revoked one recipient's access to the transfer, whether they had a link yet or not."""

    type: ClassVar[str] = "download.recipient-revoked.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("propagation", "notify")

    reference: TransferReference
    recipient: Recipient
    revoked_at: datetime


class FileDownloaded(Event):
    """The last byte of a file was delivered; `times` counts this recipient's complete downloads of it."""

    type: ClassVar[str] = "download.file-downloaded.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("notify",)

    reference: TransferReference
    recipient: str
    file: FileSummary
    times: int
    downloaded_at: datetime


class FileSuspended(Event):
    """A file was sent far too often through one link; no new download starts there until the sender reopens it."""

    type: ClassVar[str] = "download.file-suspended.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("notify",)

    reference: TransferReference
    recipient: str
    file: FileSummary
    suspended_at: datetime


class FileDamageDetected(Event):
    """A stored part of this file changed after it arrived; download serves nothing of the transfer any more."""

    type: ClassVar[str] = "download.file-damage-detected.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("upload",)

    reference: TransferReference
    file: str
    detected_at: datetime


class RecipientReport(Value):
    """The downloads of one recipient before the end."""

    recipient: str
    files_downloaded: int
    files_in_all: int


class TransferExpired(Event):
    """The validity ended: all links are invalid and the bytes are deleted; `report` is the closing report."""

    type: ClassVar[str] = "download.transfer-expired.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("upload", "notify")

    reference: TransferReference
    report: tuple[RecipientReport, ...]
    expired_at: datetime
