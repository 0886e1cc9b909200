"""What download announces."""

from datetime import datetime
from typing import ClassVar

from services.contracts.values import FileLine, Label, Recipient
from services.kit.events import Fact, Secret, Value


class LinkIssued(Fact):
    """A recipient has a link of their own; `token` goes into the mail and is stored nowhere else.

    `asked_at` is there when its sender asks for the mail once more.
    """

    type: ClassVar[str] = "download.link-issued.v1"
    readers: ClassVar[tuple[str, ...]] = ("notify",)

    label: Label
    recipient: Recipient
    token: Secret
    text: str
    files: tuple[FileLine, ...]
    downloads_per_file: int
    ends_at: datetime
    asked_at: datetime | None = None


class LinkLeftUnused(Fact):
    """A recipient has fetched nothing and the end is near; or not everything, and the sender asks (`asked_at`)."""

    type: ClassVar[str] = "download.link-left-unused.v1"
    readers: ClassVar[tuple[str, ...]] = ("notify",)

    label: Label
    recipient: Recipient
    token: Secret
    files: tuple[FileLine, ...]
    ends_at: datetime
    asked_at: datetime | None = None


class LinkExtended(Fact):
    """A recipient who has not downloaded everything may do so for longer."""

    type: ClassVar[str] = "download.link-extended.v1"
    readers: ClassVar[tuple[str, ...]] = ("notify",)

    label: Label
    recipient: Recipient
    token: Secret
    files: tuple[FileLine, ...]
    ends_at: datetime


class RecipientRevoked(Fact):
    """The sender takes one recipient's right to the transfer back, whether they had a link already or not."""

    type: ClassVar[str] = "download.recipient-revoked.v1"
    readers: ClassVar[tuple[str, ...]] = ("propagation", "notify")

    label: Label
    recipient: Recipient
    revoked_at: datetime


class FileDownloaded(Fact):
    """The last byte of a file was delivered; `times` counts this recipient's complete downloads of it."""

    type: ClassVar[str] = "download.file-downloaded.v1"
    readers: ClassVar[tuple[str, ...]] = ("notify",)

    label: Label
    recipient: str
    file: FileLine
    times: int
    downloaded_at: datetime


class FileSuspended(Fact):
    """A file was sent far too often through one link: no download of it begins there until the sender opens it."""

    type: ClassVar[str] = "download.file-suspended.v1"
    readers: ClassVar[tuple[str, ...]] = ("notify",)

    label: Label
    recipient: str
    file: FileLine
    suspended_at: datetime


class DamagedTransferQuarantined(Fact):
    """A stored part of this file has changed since it arrived: nothing of the transfer is handed out any more."""

    type: ClassVar[str] = "download.transfer-quarantined.v1"
    readers: ClassVar[tuple[str, ...]] = ("upload",)

    label: Label
    file: str
    quarantined_at: datetime


class Fetched(Value):
    """What one recipient did before the end."""

    recipient: str
    files_downloaded: int
    files_in_all: int


class TransferExpired(Fact):
    """The last day is over: every link is dead, the bytes are purged; the closing report."""

    type: ClassVar[str] = "download.transfer-expired.v1"
    readers: ClassVar[tuple[str, ...]] = ("upload", "notify")

    label: Label
    report: tuple[Fetched, ...]
    expired_at: datetime
