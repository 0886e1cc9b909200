"""What the services show, as far as pages show it on; unknown members are ignored, because cards grow."""

from datetime import datetime
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field


class Card(BaseModel):
    """Anything that a service shows."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


Item = TypeVar("Item", bound=Card)


class Page(Card, Generic[Item]):
    """Some items of a list; `next_cursor` leads to those that follow."""

    items: list[Item]
    next_cursor: str | None


class Person(Card):
    """Somebody: a proven address and a declared name."""

    address: str
    name: str = ""
    role: str = ""


class Recipient(Card):
    """One of those a transfer is for; `shown` is the address as a list of a draft takes it again."""

    address: str
    field: str
    role: str
    shown: str = ""


class Unreadable(Card):
    """What was typed among the recipients and is no address."""

    text: str
    field: str
    reason: str
    character: str = ""


class File(Card):
    """A file; `left` is how often it may still be downloaded, for who looks through a link.

    When it may not be downloaded now, `refusal` names the problem.
    """

    file: str = ""
    path: str
    size_bytes: int
    sha256: str | None = None
    state: str = "complete"
    left: int | None = None
    suspended: bool = False
    refusal: str | None = None
    verification: str = "declared"


class Archive(Card):
    """Everything as one file; when none may be begun, `refusal` names the problem and `files` what is in the way."""

    size_bytes: int
    left: int
    refusal: str | None
    files: list[str]


class Problem(Card):
    """Something that stands between a draft and its being sent."""

    slug: str
    titles: dict[str, str]


class Parcel(Card):
    """What a draft and a sent transfer have in common."""

    state: str
    sender: Person = Field(alias="from")
    recipients: list[Recipient]
    subject: str
    text: str
    validity_days: int
    language: str
    files: list[File]
    total_bytes: int
    needs_approval: bool
    approvers: list[str]
    created_at: datetime
    updated_at: datetime

    def of(self, field: str) -> list[str]:
        """The addresses of one of the three lists, as they can be typed into it again."""
        return [one.shown for one in self.recipients if one.field == field]

    def in_role(self, role: str) -> list[Recipient]:
        """The agents, or the others."""
        return [one for one in self.recipients if one.role == role]


class Draft(Parcel):
    """A transfer that is still being written; `digests` are those of its fields as the service compares them."""

    id: str = Field(alias="draft")
    digests: dict[str, str]
    unreadable: list[Unreadable]
    problems: list[Problem]


class Transfer(Parcel):
    """What was sent."""

    id: str = Field(alias="transfer")
    outcome: str | None
    submitted_at: datetime
    ends_at: datetime
    closed_at: datetime | None


class DraftSummary(Card):
    """A draft in a list."""

    id: str = Field(alias="draft")
    subject: str
    files: int
    total_bytes: int
    updated_at: datetime


class TransferSummary(Card):
    """What was sent, in a list."""

    id: str = Field(alias="transfer")
    outcome: str | None
    subject: str
    recipients: list[Recipient]
    files: int
    total_bytes: int
    submitted_at: datetime


class Days(Card):
    """How long a transfer may be kept."""

    shortest: int
    longest: int
    usual: int


class Limits(Card):
    """What one send may hold."""

    total_bytes: dict[str, int]
    files: int
    recipients: int
    refused_extensions: list[str]
    subject_characters: int
    text_characters: int
    validity_days: Days


class Challenge(Card):
    """A human check."""

    challenge: str
    kind: str
    image_url: str | None
    question: str | None
    audio_url: str | None


class ShownSender(Card):
    """Who writes, as an approver is shown."""

    address: str
    role: str
    declared_name: str


class Shown(Card):
    """A transfer as an approver reads it, and the digest that a decision repeats."""

    transfer: str
    sender: ShownSender
    recipients: list[Recipient]
    subject: str
    text: str
    files: list[File]
    submitted_at: datetime
    ends_at: datetime
    digest: str


class Decided(Card):
    """What was decided, by whom."""

    outcome: str
    by: Person
    at: datetime
    reason: str = ""


class Decision(Card):
    """A transfer and where the decision about it stands."""

    state: str
    decide_by: datetime | None
    decided: Decided | None
    may_decide: bool
    approvers: list[str]
    snapshot: Shown


class PendingSummary(Card):
    """A transfer that waits for a decision, in a list."""

    transfer: str
    sender: ShownSender
    subject: str
    files: int
    decide_by: datetime


class Offer(Card):
    """A transfer as one recipient sees it."""

    transfer: str
    subject: str
    text: str
    sender: Person
    ends_at: datetime
    downloads_per_file: int
    files: list[File]
    archive: Archive
