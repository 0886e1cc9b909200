"""The JSON responses: drafts, transfers, files and limits."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from services.contracts.values import Language, Recipient
from services.upload.domain.edit_conflicts import FieldDigests
from services.upload.domain.limits import ByRole
from services.upload.domain.recipients import Unreadable
from services.upload.domain.transfer import FileState, Outcome, Sender, State


class AnnouncedFileResponse(BaseModel):
    """A file of a draft or a transfer; it has digests (lower-case hex) once it is complete."""

    file: str = Field(description="Its id, chosen by the client.")
    path: str = Field(description="With `/` between folders; unique within the transfer.")
    size_bytes: int
    modified_at: datetime | None
    state: FileState
    sha256: str | None
    crc32: str | None = Field(description="Eight hexadecimal digits.")


class CompleteFileResponse(AnnouncedFileResponse):
    """A file and the size and number of its parts."""

    part_size_bytes: int
    part_count: int


class StoredPartResponse(BaseModel):
    """A part that has arrived; numbers start at one."""

    number: int
    size_bytes: int
    sha256: str


class FilePlanResponse(CompleteFileResponse):
    """A file, the URL for its parts with its expiry, and the parts that have arrived, in order.

    `restarted_at` is when the store lost the parts that had arrived; they have to be sent again.
    """

    restarted_at: datetime | None
    parts_url: str = Field(description="A part is sent to `{parts_url}/{number}/{sha256}`.")
    capability_expires_at: datetime
    parts: list[StoredPartResponse]


class DraftProblemResponse(BaseModel):
    """A problem that prevents the submission of a draft, as in its refusal; it may have more members."""

    model_config = ConfigDict(extra="allow")

    slug: str = Field(description="The last segment of `type`.")
    type: str
    titles: dict[Language, str]


class TransferRecipientResponse(Recipient):
    """A recipient; `shown` is the address as displayed, which can be typed into a list again."""

    shown: str


class TransferContentsResponse(BaseModel):
    """The common fields of a draft and a transfer."""

    state: State
    sender: Sender = Field(serialization_alias="from")
    recipients: list[TransferRecipientResponse]
    needs_approval: bool = Field(description="An external sender writes to an external recipient.")
    approvers: list[str] = Field(
        description="The addresses of the agents who may approve; none if no approval is needed."
    )
    unreadable: tuple[Unreadable, ...] = Field(description="Entries of the lists that are no addresses.")
    subject: str
    text: str
    validity_days: int = Field(description="Days of 24 hours from the submission to the end.")
    language: Language
    files: list[AnnouncedFileResponse]
    total_bytes: int = Field(description="Of all files.")
    created_at: datetime
    updated_at: datetime


class DraftResponse(TransferContentsResponse):
    """A draft, and the problems that prevent its submission, in the order of the page.

    An edit repeats the `digests` in `was`, so that it overwrites nothing newer; a submission repeats them, so that only
    what was shown is submitted.
    """

    draft: str = Field(description="Its id, chosen by the client.")
    digests: FieldDigests
    problems: list[DraftProblemResponse]


class DraftSummaryResponse(BaseModel):
    """A draft in a list."""

    draft: str = Field(description="Its id.")
    subject: str
    recipients: int = Field(description="How many.")
    files: int = Field(description="How many.")
    total_bytes: int = Field(description="Of all files.")
    created_at: datetime
    updated_at: datetime


class TransferResponse(TransferContentsResponse):
    """A submitted transfer, its end and its outcome."""

    transfer: str = Field(description="Its id, that of the draft.")
    outcome: Outcome | None = Field(description="How it ended; null before.")
    submitted_at: datetime
    ends_at: datetime
    closed_at: datetime | None = Field(description="When it ended.")
    purged_at: datetime | None = Field(description="When its last byte was removed.")


class TransferSummaryResponse(BaseModel):
    """A submitted transfer in a list, with its recipients, so that clients can search for them."""

    transfer: str = Field(description="Its id.")
    state: State
    outcome: Outcome | None = Field(description="How it ended; null before.")
    subject: str
    recipients: tuple[Recipient, ...]
    files: int = Field(description="How many.")
    total_bytes: int = Field(description="Of all files.")
    submitted_at: datetime
    ends_at: datetime
    closed_at: datetime | None = Field(description="When it ended.")


class AddressesByRoleResponse(BaseModel):
    """Addresses of the agents, and of the external recipients."""

    agent: list[str]
    external: list[str]


class RecapResponse(BaseModel):
    """The recap of a submission: the contents, the recipients, the end and the approvers."""

    transfer: str = Field(description="Its id, that of the draft.")
    submitted_at: datetime
    ends_at: datetime
    needs_approval: bool
    approvers: list[str] = Field(
        description="The addresses of the agents who may approve; none if no approval is needed."
    )
    recipients: AddressesByRoleResponse
    files: list[AnnouncedFileResponse]
    total_bytes: int = Field(description="Of all files.")


class ValidityDaysResponse(BaseModel):
    """The possible validity of a transfer, in days."""

    shortest: int
    longest: int
    usual: int


class PartBytesResponse(BaseModel):
    """The possible sizes of parts, in bytes."""

    smallest: int
    largest: int


class LimitsResponse(BaseModel):
    """All limits; sizes in bytes, lengths in characters."""

    total_bytes: ByRole = Field(description="Of one transfer, by the role of its sender.")
    files: int = Field(description="Of one transfer.")
    recipients: int = Field(description="Of one transfer.")
    drafts: int = Field(description="Of one sender.")
    refused_extensions: list[str] = Field(description="In lower case, without a dot.")
    subject_characters: int
    text_characters: int
    name_characters: int = Field(description="Of the last segment of a path.")
    path_characters: int
    folders: int = Field(description="Within one another in a path.")
    validity_days: ValidityDaysResponse
    part_bytes: PartBytesResponse
    languages: list[Language]
