"""What the sender of a transfer is shown."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from services.contracts import values
from services.contracts.values import Recipient, Role, SentFile
from services.download.api.link_schemas import SentFileResponse, sent_file_response
from services.download.domain.contents import Contents, summary_of
from services.download.domain.delivery import Delivery
from services.download.domain.download import Download
from services.download.domain.link import Link
from services.download.domain.ranges import total_bytes
from services.download.store import TrackedLink

FIRST_FILES = 10
LATEST_ARCHIVES = 10
State = Literal["open", "expired", "lapsed", "refused", "withdrawn", "quarantined"]


class TrackedDownloadResponse(BaseModel):
    """One download; `percent` of its bytes were handed out."""

    download: str = Field(description="Its id.")
    state: Literal["running", "done", "given-back"]
    percent: int
    started_at: datetime
    ended_at: datetime | None


class TrackedFileResponse(BaseModel):
    """What one recipient did with one file."""

    file: str = Field(description="Its id.")
    path: str = Field(description="With `/` between folders.")
    done: int = Field(description="How many downloads are complete.")
    left: int = Field(description="How many more may be started now.")
    suspended: bool = Field(description="It was sent far too often; its sender can open it again.")
    downloads: list[TrackedDownloadResponse]


class TrackedMailResponse(BaseModel):
    """The latest state of one kind of mail."""

    kind: str = Field(description="What the mail was for.")
    state: str
    reason: str = Field(description="What the mail server said; may be empty.")
    changed_at: datetime


class TrackedRecipientResponse(BaseModel):
    """One recipient as the sender sees it; one who waits for an approval has no link yet.

    `files` are the first ten of the transfer, and `archives` the latest ten downloads. All files of the recipient at
    place `n` of the list are at `/recipients/{n}/files`.
    """

    address: str
    field: values.Field = Field(description="The list in which the sender put them.")
    role: Role
    has_link: bool
    revoked_at: datetime | None
    opened_at: datetime | None = Field(description="When they first opened the page of their link.")
    mails: list[TrackedMailResponse]
    files_downloaded: int = Field(description="How many.")
    files_suspended: int = Field(description="How many.")
    files: Annotated[list[TrackedFileResponse], Field(max_length=FIRST_FILES)]
    archives: Annotated[list[TrackedDownloadResponse], Field(max_length=LATEST_ARCHIVES)]
    has_everything: bool = Field(description="They have downloaded every file.")

    @property
    def lacks_something(self) -> bool:
        """They have a link that works, and have not downloaded every file."""
        return self.has_link and not self.revoked_at and not self.has_everything


class ResentResponse(BaseModel):
    """A mail with the link that is sent again."""

    recipient: str = Field(description="Their address.")
    asked_at: datetime


class RemindedResponse(BaseModel):
    """Who is reminded; `passed_over` are those who have not everything, but were reminded less than a day ago."""

    reminded: list[str] = Field(description="Addresses.")
    passed_over: list[str] = Field(description="Addresses.")


class TrackingResponse(BaseModel):
    """A transfer as its sender sees it."""

    transfer: str = Field(description="Its id.")
    subject: str
    state: State
    ends_at: datetime
    closed_at: datetime | None
    awaiting_approval: bool = Field(description="Somebody has no link yet, because an agent has to approve first.")
    not_downloaded: list[str] = Field(description="The addresses of those who have a link and not everything.")
    files: list[SentFileResponse]
    recipients: list[TrackedRecipientResponse]


def tracking_response(
    delivery: Delivery, contents: Contents, recipients: list[TrackedRecipientResponse]
) -> TrackingResponse:
    """Return who was told, who has downloaded what, and who has not downloaded everything."""
    return TrackingResponse(
        transfer=delivery.id,
        subject=contents.reference.subject,
        state=delivery.closing.outcome if delivery.closing else "quarantined" if delivery.quarantine else "open",
        ends_at=delivery.ends_at or contents.ends_at,
        closed_at=delivery.closing.at if delivery.closing else None,
        awaiting_approval=delivery.closing is None and not all(one.has_link or one.revoked_at for one in recipients),
        not_downloaded=[one.address for one in recipients if one.lacks_something],
        files=[sent_file_response(file, delivery) for file in contents.files],
        recipients=recipients,
    )


def without_link(recipient: Recipient, delivery: Delivery) -> TrackedRecipientResponse:
    """Return a recipient who has no link, or no link yet."""
    return TrackedRecipientResponse(
        address=recipient.address,
        field=recipient.field,
        role=recipient.role,
        has_link=False,
        revoked_at=delivery.revoked_at(recipient.address),
        opened_at=None,
        mails=_tracked_mails(recipient, delivery),
        files_downloaded=0,
        files_suspended=0,
        files=[],
        archives=[],
        has_everything=False,
    )


def tracked_recipient_response(
    tracked: TrackedLink, contents: Contents, delivery: Delivery, now: datetime
) -> TrackedRecipientResponse:
    """Return a recipient who has a link."""
    link = tracked.link
    archives = sorted(link.archives.items(), key=lambda one: one[1].started_at)[-LATEST_ARCHIVES:]
    return without_link(link.recipient, delivery).model_copy(
        update={
            "has_link": True,
            "opened_at": link.opened_at,
            "files_downloaded": tracked.files_downloaded,
            "files_suspended": tracked.files_suspended,
            "files": [tracked_file_response(file, link, now) for file in contents.files[:FIRST_FILES]],
            "archives": [_tracked_download(id, one, now) for id, one in archives],
            "has_everything": tracked.files_downloaded >= len(contents.files),
        }
    )


def _tracked_mails(recipient: Recipient, delivery: Delivery) -> list[TrackedMailResponse]:
    return [TrackedMailResponse(**mail.model_dump()) for mail in delivery.mails if mail.recipient == recipient.address]


def tracked_file_response(file: SentFile, link: Link, now: datetime) -> TrackedFileResponse:
    """Return what one recipient did with one file."""
    quota = link.quota(summary_of(file), file.file)
    return TrackedFileResponse(
        file=file.file,
        path=file.path,
        done=quota.count("done", now),
        left=quota.left(now),
        suspended=quota.is_suspended,
        downloads=[_tracked_download(id, one, now) for id, one in quota.downloads.items()],
    )


def _tracked_download(id: str, one: Download, now: datetime) -> TrackedDownloadResponse:
    state = one.state_at(now)
    whole = state == "done" or not one.size_bytes
    return TrackedDownloadResponse(
        download=id,
        state="given-back" if state == "expired" else state,
        percent=100 if whole else min(99, 100 * total_bytes(one.handed_out) // one.size_bytes),
        started_at=one.started_at,
        ended_at=one.ended_at or (one.lease_until if state in ("expired", "done") else None),
    )
