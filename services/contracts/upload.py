"""What upload announces."""

from datetime import datetime
from typing import ClassVar

from services.contracts.values import FileLine, Label, Parcel
from services.kit.events import Fact


class TransferSubmitted(Fact):
    """A sender has sent; nobody has it yet."""

    type: ClassVar[str] = "upload.transfer-submitted.v1"
    readers: ClassVar[tuple[str, ...]] = ("propagation",)

    parcel: Parcel


class TransferWithdrawn(Fact):
    """The sender deleted a transfer: every link dies, the bytes are purged."""

    type: ClassVar[str] = "upload.transfer-withdrawn.v1"
    readers: ClassVar[tuple[str, ...]] = ("propagation", "download", "notify")

    label: Label
    withdrawn_at: datetime


class TransferExtended(Fact):
    """The sender lets it be downloaded for longer; `ends_at` is later than whatever was said before."""

    type: ClassVar[str] = "upload.transfer-extended.v1"
    readers: ClassVar[tuple[str, ...]] = ("propagation", "download", "notify")

    label: Label
    ends_at: datetime
    extended_at: datetime


class FileVerified(Fact):
    """A stored file was read back and is what its sender declared; `crc32` is that of the bytes, whatever was said."""

    type: ClassVar[str] = "upload.file-verified.v1"
    readers: ClassVar[tuple[str, ...]] = ("download",)

    transfer: str
    file: str
    sha256: str
    crc32: int
    verified_at: datetime


class TransferQuarantined(Fact):
    """What is stored of these files is not, or no longer, what was declared: nobody gets any; the bytes are kept."""

    type: ClassVar[str] = "upload.transfer-quarantined.v1"
    readers: ClassVar[tuple[str, ...]] = ("propagation", "download", "notify")

    label: Label
    files: tuple[FileLine, ...]
    quarantined_at: datetime
