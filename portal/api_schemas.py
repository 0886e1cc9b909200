"""The responses of the services, as far as pages show them; unknown members are ignored."""

from datetime import datetime
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field


class ApiSchema(BaseModel):
    """Any object in a response."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


Item = TypeVar("Item", bound=ApiSchema)


class PageSchema(ApiSchema, Generic[Item]):
    """One page of a list; `next_cursor` leads to the next."""

    items: list[Item]
    next_cursor: str | None


class PersonSchema(ApiSchema):
    """A person: a proven address and a declared name."""

    address: str
    name: str = ""
    role: str = ""


class RecipientSchema(ApiSchema):
    """A recipient; `shown` is the address as it can be typed into a draft again."""

    address: str
    field: str
    role: str
    shown: str = ""


class FileSchema(ApiSchema):
    """A file; on the page of a link, `left` is how many more downloads may start.

    `refusal` is the slug of the problem when it may not be downloaded now.
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


# --- auth ---


class ChallengeSchema(ApiSchema):
    """A human check."""

    challenge: str
    kind: str
    image_url: str | None
    question: str | None
    audio_url: str | None


# --- upload ---


class InvalidRecipientSchema(ApiSchema):
    """A text among the recipients that is not an address."""

    text: str
    field: str
    reason: str
    character: str = ""


class DraftProblemSchema(ApiSchema):
    """A reason why a draft cannot be sent yet."""

    slug: str
    titles: dict[str, str]


class TransferContentSchema(ApiSchema):
    """The members that a draft and a sent transfer have in common."""

    state: str
    sender: PersonSchema = Field(alias="from")
    recipients: list[RecipientSchema]
    subject: str
    text: str
    validity_days: int
    language: str
    files: list[FileSchema]
    total_bytes: int
    needs_approval: bool
    approvers: list[str]
    created_at: datetime
    updated_at: datetime

    def addresses_in(self, field: str) -> list[str]:
        """Return the addresses of one of the three lists, as they can be typed into it again."""
        return [one.shown for one in self.recipients if one.field == field]

    def recipients_in_role(self, role: str) -> list[RecipientSchema]:
        """Return the recipients in one role: `agent` or `external`."""
        return [one for one in self.recipients if one.role == role]


class DraftSchema(TransferContentSchema):
    """A draft; `digests` are those of its fields, by which the service detects concurrent edits."""

    id: str = Field(alias="draft")
    digests: dict[str, str]
    unreadable: list[InvalidRecipientSchema]
    problems: list[DraftProblemSchema]


class TransferSchema(TransferContentSchema):
    """A sent transfer."""

    id: str = Field(alias="transfer")
    outcome: str | None
    submitted_at: datetime
    ends_at: datetime
    closed_at: datetime | None


class DraftSummarySchema(ApiSchema):
    """A draft in a list."""

    id: str = Field(alias="draft")
    subject: str
    files: int
    total_bytes: int
    updated_at: datetime


class TransferSummarySchema(ApiSchema):
    """A sent transfer in a list."""

    id: str = Field(alias="transfer")
    outcome: str | None
    subject: str
    recipients: list[RecipientSchema]
    files: int
    total_bytes: int
    submitted_at: datetime


class ValidityLimitsSchema(ApiSchema):
    """The bounds and the default of the validity, in days."""

    shortest: int
    longest: int
    usual: int


class UploadLimitsSchema(ApiSchema):
    """The limits of a transfer."""

    total_bytes: dict[str, int]
    files: int
    recipients: int
    refused_extensions: list[str]
    subject_characters: int
    text_characters: int
    validity_days: ValidityLimitsSchema


# --- propagation ---


class SenderSchema(ApiSchema):
    """The sender as an approver is shown them."""

    address: str
    role: str
    declared_name: str


class ApprovalSnapshotSchema(ApiSchema):
    """A transfer as an approver is shown it, with the digest that a decision must repeat."""

    transfer: str
    sender: SenderSchema
    recipients: list[RecipientSchema]
    subject: str
    text: str
    files: list[FileSchema]
    submitted_at: datetime
    ends_at: datetime
    digest: str


class OutcomeSchema(ApiSchema):
    """What was decided, by whom and when."""

    outcome: str
    by: PersonSchema
    at: datetime
    reason: str = ""


class DecisionSchema(ApiSchema):
    """A transfer and the state of the decision about it."""

    state: str
    decide_by: datetime | None
    decided: OutcomeSchema | None
    may_decide: bool
    approvers: list[str]
    snapshot: ApprovalSnapshotSchema


class PendingSummarySchema(ApiSchema):
    """A transfer in the list of pending decisions."""

    transfer: str
    sender: SenderSchema
    subject: str
    files: int
    decide_by: datetime


# --- download ---


class ArchiveSchema(ApiSchema):
    """All files as one archive; when it may not start, `refusal` is the problem's slug and `files` are the cause."""

    size_bytes: int
    left: int
    refusal: str | None
    files: list[str]


class LinkSchema(ApiSchema):
    """A transfer as the recipient with this link sees it."""

    transfer: str
    subject: str
    text: str
    sender: PersonSchema
    ends_at: datetime
    downloads_per_file: int
    files: list[FileSchema]
    archive: ArchiveSchema


class DownloadSchema(ApiSchema):
    """One download of a file or an archive."""

    state: str
    percent: int
    started_at: datetime
    ended_at: datetime | None


class FileProgressSchema(ApiSchema):
    """The downloads of one file by one recipient."""

    file: str
    path: str
    done: int
    left: int
    suspended: bool
    downloads: list[DownloadSchema]


class MailSchema(ApiSchema):
    """The delivery state of one mail."""

    kind: str
    state: str
    reason: str
    changed_at: datetime


class TrackedRecipientSchema(ApiSchema):
    """One recipient as the sender sees them; `files` are the first of the transfer."""

    address: str
    field: str
    role: str
    has_link: bool
    revoked_at: datetime | None
    opened_at: datetime | None
    mails: list[MailSchema]
    files_downloaded: int
    files_suspended: int
    files: list[FileProgressSchema]
    archives: list[DownloadSchema]
    has_everything: bool


class TrackingSchema(ApiSchema):
    """The state of a transfer's downloads, as its sender sees it."""

    state: str
    ends_at: datetime
    closed_at: datetime | None
    awaiting_approval: bool
    not_downloaded: list[str]
    recipients: list[TrackedRecipientSchema]


class ReceivedTransferSchema(ApiSchema):
    """A transfer in an agent's inbox; `link` is the token of their link, while it works."""

    transfer: str
    subject: str
    sender: PersonSchema
    issued_at: datetime | None
    ends_at: datetime
    state: str
    files: int
    total_bytes: int
    has_everything: bool
    link: str | None
