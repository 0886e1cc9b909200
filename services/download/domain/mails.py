"""Which mails bring a recipient to their link: the first one, another copy, reminders, and news of a later end."""

from datetime import datetime, timedelta
from typing import NamedTuple

from pydantic import SecretStr

from services.contracts.download import LinkExtended, LinkIssued, LinkLeftUnused
from services.contracts.values import FileSummary, Recipient
from services.download.domain.contents import Contents
from services.download.domain.link import Decision, Link, MailRequest
from services.download.domain.policy import DownloadPolicy
from services.download.domain.refusals import (
    EverythingDownloaded,
    LinkExpired,
    RemindedLately,
    ResentLately,
    ResentOften,
)
from services.kit.refusals import Refusal

RESENT_EVERY = timedelta(minutes=10)
RESENT_A_DAY = 5
DAY = timedelta(days=1)
REMINDED_EVERY = timedelta(days=1)
NO_REMINDER_WITHIN = timedelta(hours=12)
BY_THE_CALENDAR = "calendar"


class LinkMailContent(NamedTuple):
    """What a mail with a link says: its token, what the sender wrote, and which files can be downloaded."""

    token: str
    text: str
    files: tuple[FileSummary, ...]


def issue(
    id: str,
    token: str,
    recipient: Recipient,
    contents: Contents,
    policy: DownloadPolicy,
    ends_at: datetime,
    now: datetime,
) -> Decision:
    """Make a link, and announce it to its recipient."""
    link = Link(
        id=id,
        transfer=contents.reference.transfer,
        reference=contents.reference,
        recipient=recipient,
        downloads_per_file=policy.downloads_per_file,
        ends_at=ends_at,
        issued_at=now,
        files=len(contents.files),
        total_bytes=sum(file.size_bytes for file in contents.files),
        remind_at=_reminder_date(ends_at, policy.reminder, now),
    )
    return link, [_issued(link, LinkMailContent(token, contents.text, contents.summaries()), None)]


def resend(link: Link, content: LinkMailContent, id: str, now: datetime) -> Decision:
    """Send the mail with the link again, under an id of the sender's choice; the same id again sends nothing more.

    Refuses after the end, a second one within ten minutes, and a sixth within a day.
    """
    last = link.resent
    if last is not None and last.id == id:
        return link, []
    if now >= link.ends_at:
        raise LinkExpired()
    if last is not None and now < last.at + RESENT_EVERY:
        raise ResentLately(retry_after_seconds=_seconds(last.at + RESENT_EVERY - now))
    today = tuple(at for at in (*last.earlier, last.at) if at > now - DAY) if last else ()
    if len(today) >= RESENT_A_DAY:
        raise ResentOften(retry_after_seconds=_seconds(today[-RESENT_A_DAY] + DAY - now))
    return link.evolve(resent=MailRequest(id=id, at=now, earlier=today)), [_issued(link, content, now)]


def remind(link: Link, content: LinkMailContent, id: str, now: datetime) -> Decision:
    """Send a reminder that the sender asked for; the same id again sends nothing more.

    Refuses after the end, when everything was downloaded, and within a day of another reminder.
    """
    if was_reminded(link, id):
        return link, []
    refusal = _refusal_to_remind(link, len(content.files), now)
    if refusal is not None:
        raise refusal
    return link.evolve(reminded=MailRequest(id=id, at=now)), [_reminder(link, content, now)]


def remind_if_allowed(link: Link, content: LinkMailContent, id: str, now: datetime) -> Decision:
    """Do the same where several are reminded: change nothing where `remind` refuses."""
    return (link, []) if _refusal_to_remind(link, len(content.files), now) else remind(link, content, id, now)


def was_reminded(link: Link, id: str) -> bool:
    """Return whether the last reminder is the one with this id."""
    return link.reminded is not None and link.reminded.id == id


def remind_by_calendar(link: Link, content: LinkMailContent, now: datetime) -> Decision:
    """Send one reminder when the end is near and nothing was downloaded, but not within a day of another one."""
    if link.remind_at is None or now < link.remind_at:
        return link, []
    after = link.without_reminder()
    if link.files_downloaded(now) or _refusal_to_remind(link, len(content.files), now):
        return after, []
    return after.evolve(reminded=MailRequest(id=BY_THE_CALENDAR, at=now)), [_reminder(link, content, None)]


def extend(link: Link, content: LinkMailContent, ends_at: datetime, reminder: timedelta, now: datetime) -> Decision:
    """Give a link a later end, never an earlier one, and tell its recipient, unless they have everything."""
    if ends_at <= link.ends_at:
        return link, []
    after = link.evolve(ends_at=ends_at, remind_at=_reminder_date(ends_at, reminder, now))
    if link.has_everything(len(content.files), now):
        return after, []
    event = LinkExtended(
        reference=link.reference,
        recipient=link.recipient,
        token=SecretStr(content.token),
        files=content.files,
        ends_at=ends_at,
    )
    return after, [event]


def _refusal_to_remind(link: Link, files: int, now: datetime) -> Refusal | None:
    if now >= link.ends_at:
        return LinkExpired()
    if link.has_everything(files, now):
        return EverythingDownloaded()
    again_at = link.reminded.at + REMINDED_EVERY if link.reminded else now
    return RemindedLately(retry_after_seconds=_seconds(again_at - now)) if now < again_at else None


def _reminder_date(ends_at: datetime, before: timedelta, now: datetime) -> datetime | None:
    """Return when a recipient is reminded of the end; none when that would be at once."""
    remind_at = ends_at - before
    return remind_at if remind_at - now >= NO_REMINDER_WITHIN else None


def _issued(link: Link, content: LinkMailContent, asked_at: datetime | None) -> LinkIssued:
    return LinkIssued(
        reference=link.reference,
        recipient=link.recipient,
        token=SecretStr(content.token),
        text=content.text,
        files=content.files,
        downloads_per_file=link.downloads_per_file,
        ends_at=link.ends_at,
        asked_at=asked_at,
    )


def _reminder(link: Link, content: LinkMailContent, asked_at: datetime | None) -> LinkLeftUnused:
    return LinkLeftUnused(
        reference=link.reference,
        recipient=link.recipient,
        token=SecretStr(content.token),
        files=content.files,
        ends_at=link.ends_at,
        asked_at=asked_at,
    )


def _seconds(wait: timedelta) -> int:
    return max(1, int(wait.total_seconds()))
