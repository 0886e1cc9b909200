"""What propagation announces."""

from datetime import datetime
from typing import ClassVar

from services.contracts.values import FileLine, Label, Parcel, Person, Recipient
from services.kit.events import Fact, Secret, Value


class Approver(Value):
    """An agent among the recipients, and the secret that opens this one decision to them."""

    address: str
    token: Secret


class ApprovalRequested(Fact):
    """An external person wrote to external people: an agent must vouch for it before `decide_by`."""

    type: ClassVar[str] = "propagation.approval-requested.v1"
    readers: ClassVar[tuple[str, ...]] = ("notify",)

    label: Label
    recipients: tuple[Recipient, ...]
    text: str
    files: tuple[FileLine, ...]
    approvers: tuple[Approver, ...]
    ends_at: datetime
    decide_by: datetime


class TransferReleased(Fact):
    """These recipients may have it: the agents at once, the external ones when `approved_by` vouched.

    `awaiting_approval` says that more recipients wait; `approvers` are the agents who were asked.
    """

    type: ClassVar[str] = "propagation.transfer-released.v1"
    readers: ClassVar[tuple[str, ...]] = ("download", "notify")

    parcel: Parcel
    released_to: tuple[Recipient, ...]
    awaiting_approval: bool
    approved_by: Person | None
    approvers: tuple[str, ...]
    released_at: datetime


class TransferRefused(Fact):
    """An agent refused to vouch, with a reason: every link of the transfer is withdrawn.

    `spellings` are those of the `approvers` that were typed in capitals, as mail is sent to them.
    """

    type: ClassVar[str] = "propagation.transfer-refused.v1"
    readers: ClassVar[tuple[str, ...]] = ("upload", "download", "notify")

    label: Label
    refused_by: Person
    reason: str
    approvers: tuple[str, ...]
    refused_at: datetime
    spellings: tuple[str, ...] = ()


class ApprovalLapsed(Fact):
    """Nobody decided in time: every link of the transfer is withdrawn; `spellings` as for a refusal."""

    type: ClassVar[str] = "propagation.approval-lapsed.v1"
    readers: ClassVar[tuple[str, ...]] = ("upload", "download", "notify")

    label: Label
    approvers: tuple[str, ...]
    lapsed_at: datetime
    spellings: tuple[str, ...] = ()
