"""The events of propagation."""

from datetime import datetime
from typing import ClassVar

from services.contracts.values import FileSummary, Parcel, Person, Recipient, TransferReference
from services.kit.events import Event, Secret, Value


class ApproverInvitation(Value):
    """An agent among the recipients, with the secret that gives access to this one decision."""

    address: str
    token: Secret


class ApprovalRequested(Event):
    """An external sender wrote to external recipients; an agent must approve it before `decide_by`."""

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
    """These recipients may download the transfer: agents at once, external ones after an approval by `approved_by`.

    `awaiting_approval` is true while other recipients wait for an approval; `approvers` are the agents who were asked.
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
    """An agent refused the approval and gave a reason; all links of the transfer become invalid.

    `spellings` are the addresses of those `approvers` that were typed with capitals, as mail is sent to them.
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
    """No approver decided in time; all links of the transfer become invalid. `spellings` is as in `TransferRefused`."""

    type: ClassVar[str] = "propagation.approval-lapsed.v1"
    subscribers: ClassVar[tuple[str, ...]] = ("upload", "download", "notify")

    reference: TransferReference
    approvers: tuple[str, ...]
    lapsed_at: datetime
    spellings: tuple[str, ...] = ()
