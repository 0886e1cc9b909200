"""What upload announces."""

from datetime import datetime
from typing import ClassVar

from services.contracts.values import Label, Parcel
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
