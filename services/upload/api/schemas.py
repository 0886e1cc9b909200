"""What does the service answer? The shapes of drafts, transfers, files and limits in JSON."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from services.contracts.values import Language, Recipient
from services.upload.domain.edit_conflicts import FieldDigests
from services.upload.domain.limits import ByRole
from services.upload.domain.recipients import Unreadable
from services.upload.domain.transfer import FileState, Outcome, Sender, State


class AnnouncedFileResponse(BaseModel):
    """A file of a draft or a transfer; the digests (lower-case hex) are there once it is complete."""

    file: str
    path: str
    size_bytes: int
    modified_at: datetime | None
    state: FileState
    sha256: str | None
    crc32: str | None


class CompleteFileResponse(AnnouncedFileResponse):
    """A file and how it was cut into parts."""

    part_size_bytes: int
    part_count: int


class StoredPartResponse(BaseModel):
    """A part that has arrived; numbers begin at one."""

    number: int
    size_bytes: int
    sha256: str


class FilePlanResponse(CompleteFileResponse):
    """A file, where its parts go and until when, and those that have arrived, in order.

    `restarted_at` is when all that had arrived was lost; what is missing has to be sent again.
    """

    restarted_at: datetime | None
    parts_url: str
    capability_expires_at: datetime
    parts: list[StoredPartResponse]


class DraftProblemResponse(BaseModel):
    """What stands between a draft and its being sent, as the refusal of its submission; it may have more members."""

    model_config = ConfigDict(extra="allow")

    slug: str
    type: str
    titles: dict[Language, str]


class TransferRecipientResponse(Recipient):
    """A recipient; `shown` is the address for people to read, and can be typed into a list again."""

    shown: str


class TransferContentsResponse(BaseModel):
    """What a draft and a transfer have in common."""

    state: State
    sender: Sender = Field(serialization_alias="from")
    recipients: list[TransferRecipientResponse]
    needs_approval: bool
    approvers: list[str]
    unreadable: tuple[Unreadable, ...]
    subject: str
    text: str
    validity_days: int
    language: Language
    files: list[AnnouncedFileResponse]
    total_bytes: int
    created_at: datetime
    updated_at: datetime


class DraftResponse(TransferContentsResponse):
    """A draft, and what stands between it and its being sent, in the order of the page.

    `digests` says what each field holds; a change repeats it in `was`, so that it overwrites nothing newer, and a
    submission, so that nothing else is sent than was shown.
    """

    draft: str
    digests: FieldDigests
    problems: list[DraftProblemResponse]


class DraftSummaryResponse(BaseModel):
    """A draft in a list."""

    draft: str
    subject: str
    recipients: int
    files: int
    total_bytes: int
    created_at: datetime
    updated_at: datetime


class TransferResponse(TransferContentsResponse):
    """What was sent, until when it can be had, and how it ended."""

    transfer: str
    outcome: Outcome | None
    submitted_at: datetime
    ends_at: datetime
    closed_at: datetime | None
    purged_at: datetime | None


class TransferSummaryResponse(BaseModel):
    """What was sent, in a list; the recipients are named, so that a list can be searched for them."""

    transfer: str
    state: State
    outcome: Outcome | None
    subject: str
    recipients: tuple[Recipient, ...]
    files: int
    total_bytes: int
    submitted_at: datetime
    ends_at: datetime
    closed_at: datetime | None


class AddressesByRoleResponse(BaseModel):
    """Addresses of the agents, and of the others."""

    agent: list[str]
    external: list[str]


class RecapResponse(BaseModel):
    """What was sent, to whom, until when, and who has to approve it."""

    transfer: str
    submitted_at: datetime
    ends_at: datetime
    needs_approval: bool
    approvers: list[str]
    recipients: AddressesByRoleResponse
    files: list[AnnouncedFileResponse]
    total_bytes: int


class ValidityDaysResponse(BaseModel):
    """For how many days a transfer may be kept."""

    shortest: int
    longest: int
    usual: int


class PartBytesResponse(BaseModel):
    """The sizes that parts may have."""

    smallest: int
    largest: int


class LimitsResponse(BaseModel):
    """Every limit; sizes in bytes, lengths in characters."""

    total_bytes: ByRole
    files: int
    recipients: int
    drafts: int
    refused_extensions: list[str]
    subject_characters: int
    text_characters: int
    name_characters: int
    path_characters: int
    folders: int
    validity_days: ValidityDaysResponse
    part_bytes: PartBytesResponse
    languages: list[Language]
