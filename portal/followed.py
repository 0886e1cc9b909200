"""What the counter shows of what was sent: to its sender, and to an agent who received it."""

from datetime import datetime

from portal.cards import Card, Person


class Download(Card):
    """One attempt at a file."""

    state: str
    percent: int
    started_at: datetime
    ended_at: datetime | None


class Shelf(Card):
    """What one recipient did with one file."""

    file: str
    path: str
    done: int
    left: int
    suspended: bool
    downloads: list[Download]


class Mail(Card):
    """What became of one mail."""

    kind: str
    state: str
    reason: str
    changed_at: datetime


class Followed(Card):
    """One recipient as the sender sees it."""

    address: str
    field: str
    role: str
    has_link: bool
    revoked_at: datetime | None
    opened_at: datetime | None
    mails: list[Mail]
    files: list[Shelf]
    archives: list[Download]
    has_everything: bool


class Received(Card):
    """What was sent to an agent; `link` is the token of their own link, while it leads somewhere."""

    transfer: str
    subject: str
    sender: Person
    issued_at: datetime | None
    ends_at: datetime
    state: str
    files: int
    total_bytes: int
    has_everything: bool
    link: str | None


class Tracking(Card):
    """A transfer as its sender sees it at the counter."""

    state: str
    ends_at: datetime
    closed_at: datetime | None
    awaiting_approval: bool
    not_downloaded: list[str]
    recipients: list[Followed]
