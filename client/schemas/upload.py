"""The responses of the upload service."""

from pydantic import Field

from client.schemas.values import (
    ApiSchema,
    Count,
    DocumentSchema,
    Moment,
    PersonSchema,
    Positive,
    RecipientSchema,
    UrlPath,
)


class DraftRecipientSchema(RecipientSchema):
    """A recipient; `shown` is the address as it can be typed into a draft again."""

    shown: str


class FileSchema(ApiSchema):
    """A file of a draft or of a sent transfer; `state` is `receiving` or `complete`."""

    file: str
    path: str
    size_bytes: Count
    state: str
    sha256: str | None


class CompletedFileSchema(DocumentSchema):
    """A file that has arrived."""

    file: str
    path: str
    size_bytes: Count
    state: str


class UploadedPartSchema(ApiSchema):
    """A part that the service has received; numbers start at 1."""

    number: Count
    size_bytes: Count
    sha256: str


class FilePlanSchema(DocumentSchema):
    """How to split a file into parts, where to upload them, and which parts the service already has."""

    file: str
    size_bytes: Count
    part_size_bytes: Positive
    part_count: Positive
    parts_url: UrlPath
    parts: list[UploadedPartSchema]
    state: str
    modified_at: Moment | None
    restarted_at: Moment | None

    @property
    def is_complete(self) -> bool:
        return self.state == "complete"

    @property
    def is_lost(self) -> bool:
        """True when the service has lost everything it had received of the file, and has received nothing since."""
        return self.restarted_at is not None and not self.parts and not self.is_complete


class InvalidRecipientSchema(ApiSchema):
    """A text among the recipients that is not an address."""

    text: str
    field: str
    reason: str
    character: str = ""


class DraftProblemSchema(DocumentSchema):
    """A reason why a draft cannot be sent yet."""

    slug: str
    type: str
    titles: dict[str, str]
    unreadable: list[str] | None = None


class SenderSchema(PersonSchema):
    """The person that writes a draft or has sent a transfer."""

    role: str


class TransferContentSchema(DocumentSchema):
    """The members that a draft and a sent transfer have in common."""

    state: str
    sender: SenderSchema = Field(alias="from")
    recipients: list[DraftRecipientSchema]
    subject: str
    text: str
    validity_days: Count
    language: str
    files: list[FileSchema]
    total_bytes: Count
    needs_approval: bool
    approvers: list[str]
    created_at: Moment
    updated_at: Moment

    def addresses_in(self, field: str) -> list[str]:
        """Return the addresses of one of the three lists, as they can be typed into it again."""
        return [one.shown for one in self.recipients if one.field == field]

    def recipients_in_role(self, role: str) -> list[DraftRecipientSchema]:
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
    submitted_at: Moment
    ends_at: Moment
    closed_at: Moment | None


class RecapSchema(DocumentSchema):
    """What was submitted."""

    transfer: str
    ends_at: Moment
    needs_approval: bool
    approvers: list[str]
    files: list[FileSchema]
    total_bytes: Count


class DraftSummarySchema(DocumentSchema):
    """A draft in a list."""

    id: str = Field(alias="draft")
    subject: str
    files: Count
    total_bytes: Count
    updated_at: Moment


class TransferSummarySchema(DocumentSchema):
    """A sent transfer in a list."""

    id: str = Field(alias="transfer")
    outcome: str | None
    subject: str
    recipients: list[RecipientSchema]
    files: Count
    total_bytes: Count
    submitted_at: Moment


class ValidityLimitsSchema(ApiSchema):
    """The bounds and the default of the validity, in days."""

    shortest: Count
    longest: Count
    usual: Count


class UploadLimitsSchema(DocumentSchema):
    """The limits of a transfer; `total_bytes` by the role of the sender."""

    total_bytes: dict[str, Count]
    files: Count
    recipients: Count
    refused_extensions: list[str]
    subject_characters: Count
    text_characters: Count
    validity_days: ValidityLimitsSchema
