"""What is shown to a recipient, and what to the sender?"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from services.contracts.values import Field, Person, Recipient, Role, SentFile
from services.download.archive.cards import ArchiveCard, archive_card
from services.download.archive.layout import Layout
from services.download.domain.contents import Contents, line_of
from services.download.domain.delivery import Delivery
from services.download.domain.downloads import Download
from services.download.domain.link import Link
from services.download.domain.ranges import covered
from services.download.domain.shelf import Shelf

Verification = Literal["declared", "verified"]
"""The digest is its sender's word, or it was computed of what is stored."""
State = Literal["open", "expired", "lapsed", "refused", "withdrawn", "quarantined"]


class ContentCard(BaseModel):
    """A file and how sure its digest is."""

    file: str
    path: str
    size_bytes: int
    sha256: str
    verification: Verification


class FileCard(ContentCard):
    """A file as its recipient sees it; `left` is how many more downloads may be started now."""

    left: int
    suspended: bool


class LinkCard(BaseModel):
    """A transfer as one recipient sees it."""

    transfer: str
    subject: str
    text: str
    sender: Person
    ends_at: datetime
    downloads_per_file: int
    files: list[FileCard]
    archive: ArchiveCard


class StartCard(BaseModel):
    """Where the bytes of a download are, until when, and how many more downloads may be started."""

    url: str
    size_bytes: int
    sha256: str
    expires_at: datetime
    left: int
    state: Literal["running", "done"]


class EndCard(BaseModel):
    """What became of a download that was given back; inside its last MiB it stays open for a resume."""

    state: Literal["running", "done", "given-back"]
    left: int


class DownloadCard(BaseModel):
    """One attempt; `percent` of the file that was delivered."""

    download: str
    state: Literal["running", "done", "given-back"]
    percent: int
    started_at: datetime
    ended_at: datetime | None


class ShelfCard(BaseModel):
    """What one recipient did with one file."""

    file: str
    path: str
    done: int
    left: int
    suspended: bool
    downloads: list[DownloadCard]


class MailCard(BaseModel):
    """What became of one mail."""

    kind: str
    state: str
    reason: str
    changed_at: datetime


class RecipientCard(BaseModel):
    """One recipient as the sender sees it; one who waits for an approval has no link yet."""

    address: str
    field: Field
    role: Role
    has_link: bool
    revoked_at: datetime | None
    opened_at: datetime | None
    mails: list[MailCard]
    files: list[ShelfCard]
    archives: list[DownloadCard]
    has_everything: bool

    @property
    def lacks_something(self) -> bool:
        """Their link lives, and not every file has gone through it."""
        return self.has_link and not self.revoked_at and not self.has_everything


class MailedCard(BaseModel):
    """A mail that its sender asked for is on its way."""

    recipient: str
    asked_at: datetime


class RemindedCard(BaseModel):
    """Who is reminded; `passed_over` are those who have not everything, but were reminded less than a day ago."""

    reminded: list[str]
    passed_over: list[str]


class TrackingCard(BaseModel):
    """A transfer as its sender sees it."""

    transfer: str
    subject: str
    state: State
    ends_at: datetime
    closed_at: datetime | None
    awaiting_approval: bool
    not_downloaded: list[str]
    files: list[ContentCard]
    recipients: list[RecipientCard]


def link_card(contents: Contents, delivery: Delivery, everything: Layout, link: Link, now: datetime) -> LinkCard:
    """Names, sizes and what is left: looking costs nothing."""
    return LinkCard(
        transfer=contents.id,
        subject=contents.label.subject,
        text=contents.text,
        sender=contents.label.sender,
        ends_at=link.ends_at,
        downloads_per_file=link.downloads_per_file,
        files=[_file_card(file, delivery, link.shelf(line_of(file), file.file), now) for file in contents.files],
        archive=archive_card(contents, everything, link, now),
    )


def _file_card(file: SentFile, delivery: Delivery, shelf: Shelf, now: datetime) -> FileCard:
    return FileCard(**_content_card(file, delivery).model_dump(), left=shelf.left(now), suspended=shelf.suspended)


def _content_card(file: SentFile, delivery: Delivery) -> ContentCard:
    return ContentCard(
        file=file.file,
        path=file.path,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        verification="verified" if delivery.is_verified(file) else "declared",
    )


def tracking_card(delivery: Delivery, contents: Contents, links: Iterable[Link], now: datetime) -> TrackingCard:
    """Who was told, who downloaded what, and who has not."""
    found = {link.recipient.address: link for link in links}
    recipients = [
        _recipient_card(recipient, contents, found.get(recipient.address), delivery, now)
        for recipient in contents.recipients
    ]
    return TrackingCard(
        transfer=delivery.id,
        subject=contents.label.subject,
        state=delivery.closing.outcome if delivery.closing else "quarantined" if delivery.quarantine else "open",
        ends_at=delivery.ends_at or contents.ends_at,
        closed_at=delivery.closing.at if delivery.closing else None,
        awaiting_approval=delivery.closing is None and not all(card.has_link or card.revoked_at for card in recipients),
        not_downloaded=[card.address for card in recipients if card.lacks_something],
        files=[_content_card(file, delivery) for file in contents.files],
        recipients=recipients,
    )


def _recipient_card(
    recipient: Recipient, contents: Contents, link: Link | None, delivery: Delivery, now: datetime
) -> RecipientCard:
    shelves = [_shelf_card(file, link.shelf(line_of(file), file.file), now) for file in contents.files] if link else []
    return RecipientCard(
        address=recipient.address,
        field=recipient.field,
        role=recipient.role,
        has_link=link is not None,
        revoked_at=delivery.revoked_at(recipient.address),
        opened_at=link.opened_at if link else None,
        mails=[MailCard(**mail.model_dump()) for mail in delivery.mails if mail.recipient == recipient.address],
        files=shelves,
        archives=[_download_card(id, one.download, now) for id, one in link.archives.items()] if link else [],
        has_everything=link is not None and all(card.done for card in shelves),
    )


def _shelf_card(file: SentFile, shelf: Shelf, now: datetime) -> ShelfCard:
    return ShelfCard(
        file=file.file,
        path=file.path,
        done=shelf.count("done", now),
        left=shelf.left(now),
        suspended=shelf.suspended,
        downloads=[_download_card(id, one, now) for id, one in shelf.downloads.items()],
    )


def _download_card(id: str, one: Download, now: datetime) -> DownloadCard:
    standing = one.standing(now)
    whole = standing == "done" or not one.size_bytes
    return DownloadCard(
        download=id,
        state="given-back" if standing == "dead" else standing,
        percent=100 if whole else min(99, 100 * covered(one.handed) // one.size_bytes),
        started_at=one.started_at,
        ended_at=one.ended_at or (one.lease_until if standing in ("dead", "done") else None),
    )
