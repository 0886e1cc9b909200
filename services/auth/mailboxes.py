"""How often may one mailbox be sent a link? Exactly so often in any hour and any day, wherever they begin (R8)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil

from services.kit.aggregate import Aggregate
from services.kit.events import Event
from services.kit.refusals import TooManyRequests

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class MailboxSentEnough(TooManyRequests):
    """This mailbox has been sent enough links for now."""

    title_fr = "Cette messagerie a reçu assez de liens pour le moment."


class Mailbox(Aggregate):
    """The links of the last day to one person, for whom either nobody vouches or the same device or agent does.

    Its id is a keyed hash, so that it names nobody.
    """

    sent_at: tuple[datetime, ...] = ()
    forget_at: datetime


def fresh(id: str, now: datetime) -> Mailbox:
    """A mailbox that was sent nothing."""
    return Mailbox(id=id, forget_at=now + DAY)


def send_one(mailbox: Mailbox, per_hour: int, per_day: int, now: datetime) -> tuple[Mailbox, Sequence[Event]]:
    """Count one more link; what is refused does not count, so that nobody is kept out by another's insistence."""
    today = tuple(at for at in mailbox.sent_at if at > now - DAY)
    waits = [today[-most] + window - now for most, window in ((per_day, DAY), (per_hour, HOUR)) if len(today) >= most]
    if waits and max(waits) > timedelta():
        raise MailboxSentEnough(retry_after_seconds=ceil(max(waits).total_seconds()))
    return mailbox.evolve(sent_at=(*today, now), forget_at=now + DAY), []
