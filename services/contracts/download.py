"""What download announces."""

from datetime import datetime
from typing import ClassVar

from services.contracts.values import FileSummary, Recipient, TransferReference
from services.kit.events import Event, Secret, Value


class LinkIssued(Event):
    """A recipient has a link of their own; `token` goes into the mail and is stored nowhere else.

    `asked_at` is there when its sender asks for the mail once more.
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
    """A recipient has fetched nothing and the end is near; or not everything, and the sender asks (`asked_at`)."""

    type: ClassVar[str] = "download.link-left-unused.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("notify",)

    reference: TransferReference
    recipient: Recipient
    token: Secret
    files: tuple[FileSummary, ...]
    ends_at: datetime
    asked_at: datetime | None = None


class LinkExtended(Event):
    """A recipient who has not downloaded everything may do so for longer."""

    type: ClassVar[str] = "download.link-extended.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("notify",)

    reference: TransferReference
    recipient: Recipient
    token: Secret
    files: tuple[FileSummary, ...]
    ends_at: datetime


class RecipientRevoked(Event):
    """The sender takes one recipient's right to the transfer back, whether they had a link already or not."""

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
    """A file was sent far too often through one link: no download of it begins there until the sender opens it."""

    type: ClassVar[str] = "download.file-suspended.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("notify",)

    reference: TransferReference
    recipient: str
    file: FileSummary
    suspended_at: datetime


class FileDamageDetected(Event):
    """A stored part of this file has changed since it arrived: nothing of the transfer is handed out any more."""

    type: ClassVar[str] = "download.file-damage-detected.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("upload",)

    reference: TransferReference
    file: str
    detected_at: datetime


class RecipientReport(Value):
    """What one recipient did before the end."""

    recipient: str
    files_downloaded: int
    files_in_all: int


class TransferExpired(Event):
    """The last day is over: every link is dead, the bytes are purged; the closing report."""

    type: ClassVar[str] = "download.transfer-expired.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("upload", "notify")

    reference: TransferReference
    report: tuple[RecipientReport, ...]
    expired_at: datetime
