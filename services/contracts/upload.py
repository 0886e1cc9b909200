"""The events of upload."""

from datetime import datetime
from typing import ClassVar

from services.contracts.values import FileSummary, Parcel, TransferReference
from services.kit.events import Event


class TransferSubmitted(Event):
    """A sender submitted a transfer; it is not released to anybody yet."""

    type: ClassVar[str] = "upload.transfer-submitted.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("propagation",)

    parcel: Parcel


class TransferWithdrawn(Event):
    """The sender deleted a transfer; all links become invalid and the bytes are deleted."""

    type: ClassVar[str] = "upload.transfer-withdrawn.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("propagation", "download", "notify")

    reference: TransferReference
    withdrawn_at: datetime


class TransferExtended(Event):
    """The sender extended the validity; `ends_at` is later than every earlier one."""

    type: ClassVar[str] = "upload.transfer-extended.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("propagation", "download", "notify")

    reference: TransferReference
    ends_at: datetime
    extended_at: datetime


class FileVerified(Event):
    """A stored file was read back and matches what its sender declared; `crc32` is computed from the stored bytes."""

    type: ClassVar[str] = "upload.file-verified.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("download",)

    transfer: str
    file: str
    sha256: str
    crc32: int
    verified_at: datetime


class TransferQuarantined(Event):
    """These files do not match what was declared; nothing of the transfer is served, and the bytes are kept."""

    type: ClassVar[str] = "upload.transfer-quarantined.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("propagation", "download", "notify")

    reference: TransferReference
    files: tuple[FileSummary, ...]
    quarantined_at: datetime
