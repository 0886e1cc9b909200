"""What propagation announces."""

from datetime import datetime
from typing import ClassVar

from services.contracts.values import FileSummary, Parcel, Person, Recipient, TransferReference
from services.kit.events import Event, Secret, Value


class ApproverInvitation(Value):
    """An agent among the recipients, and the secret that opens this one decision to them."""

    address: str
    token: Secret


class ApprovalRequested(Event):
    """An external person wrote to external people: an agent must vouch for it before `decide_by`."""

    type: ClassVar[str] = "propagation.approval-requested.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("notify",)

    reference: TransferReference
    recipients: tuple[Recipient, ...]
    text: str
    files: tuple[FileSummary, ...]
    approvers: tuple[ApproverInvitation, ...]
    ends_at: datetime
    decide_by: datetime


class TransferReleased(Event):
    """These recipients may have it: the agents at once, the external ones when `approved_by` vouched.

    `awaiting_approval` says that more recipients wait; `approvers` are the agents who were asked.
    """

    type: ClassVar[str] = "propagation.transfer-released.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("download", "notify")

    parcel: Parcel
    released_to: tuple[Recipient, ...]
    awaiting_approval: bool
    approved_by: Person | None
    approvers: tuple[str, ...]
    released_at: datetime


class TransferRefused(Event):
    """An agent refused to vouch, with a reason: every link of the transfer is withdrawn.

    `spellings` are those of the `approvers` that were typed in capitals, as mail is sent to them.
    """

    type: ClassVar[str] = "propagation.transfer-refused.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("upload", "download", "notify")

    reference: TransferReference
    refused_by: Person
    reason: str
    approvers: tuple[str, ...]
    refused_at: datetime
    spellings: tuple[str, ...] = ()


class ApprovalLapsed(Event):
    """Nobody decided in time: every link of the transfer is withdrawn; `spellings` as for a refusal."""

    type: ClassVar[str] = "propagation.approval-lapsed.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("upload", "download", "notify")

    reference: TransferReference
    approvers: tuple[str, ...]
    lapsed_at: datetime
    spellings: tuple[str, ...] = ()
