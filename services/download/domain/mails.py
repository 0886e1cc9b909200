"""Which mails with a link does its sender call for, or the calendar? Each rule is one write on the link."""

from datetime import datetime, timedelta
from typing import NamedTuple

from pydantic import SecretStr

from services.contracts.download import LinkExtended, LinkIssued, LinkLeftUnused
from services.contracts.values import FileSummary
from services.download.domain.link import Decision, Link, MailRequest, reminder_date
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
BY_THE_CALENDAR = "calendar"


class LinkMailContent(NamedTuple):
    """What a mail with a link says: the token in it, what the sender wrote, and which files wait there."""

    token: str
    text: str
    files: tuple[FileSummary, ...]


def resend(link: Link, offer: LinkMailContent, id: str, now: datetime) -> Decision:
    """The mail with the link once more, under an id of the sender's choice; the same id again sends nothing more."""
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
    event = LinkIssued(
        reference=link.reference,
        recipient=link.recipient,
        token=SecretStr(offer.token),
        text=offer.text,
        files=offer.files,
        downloads_per_file=link.downloads_per_file,
        ends_at=link.ends_at,
        asked_at=now,
    )
    return link.evolve(resent=MailRequest(id=id, at=now, earlier=today)), [event]


def remind(link: Link, offer: LinkMailContent, id: str, now: datetime) -> Decision:
    """The sender asks for a reminder; the same id again reminds nobody more."""
    if was_reminded(link, id):
        return link, []
    barred = _barred(link, len(offer.files), now)
    if barred is not None:
        raise barred
    return link.evolve(reminded=MailRequest(id=id, at=now)), [_reminder(link, offer, now)]


def remind_unless_barred(link: Link, offer: LinkMailContent, id: str, now: datetime) -> Decision:
    """The same where several are reminded: whom nothing should be sent is passed over."""
    return (link, []) if _barred(link, len(offer.files), now) else remind(link, offer, id, now)


def was_reminded(link: Link, id: str) -> bool:
    """The last reminder is the one with this id."""
    return link.reminded is not None and link.reminded.id == id


def remind_by_calendar(link: Link, offer: LinkMailContent, now: datetime) -> Decision:
    """Once, when the end is near and nothing was fetched; not on the day of another reminder."""
    if link.remind_at is None or now < link.remind_at:
        return link, []
    after = link.unreminded()
    if link.files_downloaded(now) or _barred(link, len(offer.files), now):
        return after, []
    return after.evolve(reminded=MailRequest(id=BY_THE_CALENDAR, at=now)), [_reminder(link, offer, None)]


def extend(link: Link, offer: LinkMailContent, ends_at: datetime, reminder: timedelta, now: datetime) -> Decision:
    """It lives longer, is told who has not everything, and is reminded of before its new end; never shorter."""
    if ends_at <= link.ends_at:
        return link, []
    after = link.evolve(ends_at=ends_at, remind_at=reminder_date(ends_at, reminder, now))
    if link.has_everything(len(offer.files), now):
        return after, []
    event = LinkExtended(
        reference=link.reference,
        recipient=link.recipient,
        token=SecretStr(offer.token),
        files=offer.files,
        ends_at=ends_at,
    )
    return after, [event]


def _barred(link: Link, files: int, now: datetime) -> Refusal | None:
    """Why nobody is reminded of this link now."""
    if now >= link.ends_at:
        return LinkExpired()
    if link.has_everything(files, now):
        return EverythingDownloaded()
    again_at = link.reminded.at + REMINDED_EVERY if link.reminded else now
    return RemindedLately(retry_after_seconds=_seconds(again_at - now)) if now < again_at else None


def _reminder(link: Link, offer: LinkMailContent, asked_at: datetime | None) -> LinkLeftUnused:
    return LinkLeftUnused(
        reference=link.reference,
        recipient=link.recipient,
        token=SecretStr(offer.token),
        files=offer.files,
        ends_at=link.ends_at,
        asked_at=asked_at,
    )


def _seconds(wait: timedelta) -> int:
    return max(1, int(wait.total_seconds()))
