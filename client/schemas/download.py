"""The responses of the download service."""

from client.schemas.values import ApiSchema, Count, DocumentSchema, HeaderValue, Moment, PersonSchema


class LinkFileSchema(ApiSchema):
    """A file of a link: `left` more downloads may start; `refusal` is the problem's slug when none may now."""

    file: str
    path: str
    size_bytes: Count
    sha256: str
    verification: str
    left: Count
    suspended: bool
    refusal: str | None


class ArchiveSchema(ApiSchema):
    """All files as one archive; when it may not start, `refusal` is the problem's slug and `files` are the cause."""

    name: str
    size_bytes: Count
    etag: str
    left: Count
    refusal: str | None
    files: list[str]


class LinkSchema(DocumentSchema):
    """A transfer as the recipient with this link sees it."""

    transfer: str
    subject: str
    text: str
    sender: PersonSchema
    ends_at: Moment
    downloads_per_file: Count
    files: list[LinkFileSchema]
    archive: ArchiveSchema

    def file(self, path: str) -> LinkFileSchema:
        """Return the file with that path."""
        return next(file for file in self.files if file.path == path)


class StartedDownloadSchema(ApiSchema):
    """A started download: the URL of its bytes, and their size."""

    url: HeaderValue
    size_bytes: Count
    left: Count
    state: str

    @property
    def is_done(self) -> bool:
        return self.state == "done"


class StartedFileSchema(StartedDownloadSchema):
    """The started download of one file, with its digest."""

    sha256: str

    @property
    def etag(self) -> str:
        return f'"{self.sha256}"'


class StartedArchiveSchema(StartedDownloadSchema):
    """The started download of an archive, which has no known digest, but a list of the files in it, in their order."""

    etag: str
    files: list[str]


class EndedDownloadSchema(ApiSchema):
    """A download that was given back."""

    left: Count


class TrackedDownloadSchema(ApiSchema):
    """One download of a file or an archive, as the sender sees it."""

    state: str
    percent: Count
    started_at: Moment
    ended_at: Moment | None


class FileProgressSchema(ApiSchema):
    """The downloads of one file by one recipient."""

    file: str
    path: str
    done: Count
    left: Count
    suspended: bool
    downloads: list[TrackedDownloadSchema]


class MailSchema(ApiSchema):
    """The delivery state of one mail."""

    kind: str
    state: str
    reason: str
    changed_at: Moment


class TrackedRecipientSchema(ApiSchema):
    """One recipient as the sender sees them; `files` are the first of the transfer."""

    address: str
    field: str
    role: str
    has_link: bool
    revoked_at: Moment | None
    opened_at: Moment | None
    mails: list[MailSchema]
    files_downloaded: Count
    files_suspended: Count
    files: list[FileProgressSchema]
    archives: list[TrackedDownloadSchema]
    has_everything: bool


class SentFileSchema(ApiSchema):
    """A file of a transfer, as its sender sees it; `verification` is `declared` or `verified`."""

    file: str
    path: str
    verification: str


class TrackingSchema(DocumentSchema):
    """The state of a transfer's downloads, as its sender sees it."""

    state: str
    ends_at: Moment
    closed_at: Moment | None
    awaiting_approval: bool
    not_downloaded: list[str]
    files: list[SentFileSchema]
    recipients: list[TrackedRecipientSchema]


class ResentSchema(DocumentSchema):
    """The mail with a link is being sent again to this recipient."""

    recipient: str


class RemindedSchema(DocumentSchema):
    """The recipients who are being reminded."""

    reminded: list[str]


class ReceivedTransferSchema(ApiSchema):
    """A transfer in an agent's inbox; `link` is the token of their link, while it works."""

    transfer: str
    subject: str
    sender: PersonSchema
    issued_at: Moment | None
    ends_at: Moment
    state: str
    files: Count
    total_bytes: Count
    has_everything: bool
    link: str | None
