"""What upload announces."""

from datetime import datetime
from typing import ClassVar

from services.contracts.values import FileSummary, Parcel, TransferReference
from services.kit.events import Event


class TransferSubmitted(Event):
    """A sender has sent; nobody has it yet."""

    type: ClassVar[str] = "upload.transfer-submitted.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("propagation",)

    parcel: Parcel


class TransferWithdrawn(Event):
    """The sender deleted a transfer: every link dies, the bytes are purged."""

    type: ClassVar[str] = "upload.transfer-withdrawn.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("propagation", "download", "notify")

    reference: TransferReference
    withdrawn_at: datetime


class TransferExtended(Event):
    """The sender lets it be downloaded for longer; `ends_at` is later than whatever was said before."""

    type: ClassVar[str] = "upload.transfer-extended.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("propagation", "download", "notify")

    reference: TransferReference
    ends_at: datetime
    extended_at: datetime


class FileVerified(Event):
    """A stored file was read back and is what its sender declared; `crc32` is that of the bytes, whatever was said."""

    type: ClassVar[str] = "upload.file-verified.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("download",)

    transfer: str
    file: str
    sha256: str
    crc32: int
    verified_at: datetime


class TransferQuarantined(Event):
    """What is stored of these files is not, or no longer, what was declared: nobody gets any; the bytes are kept."""

    type: ClassVar[str] = "upload.transfer-quarantined.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("propagation", "download", "notify")

    reference: TransferReference
    files: tuple[FileSummary, ...]
    quarantined_at: datetime
