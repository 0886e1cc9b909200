"""The quota of links per mailbox, over sliding windows of an hour and a day (R8)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil

from services.kit.aggregate import Aggregate
from services.kit.events import Event
from services.kit.refusals import TooManyRequests

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class LinkQuotaExceeded(TooManyRequests):
    """This mailbox has been sent enough links for now."""

    title_fr = "Cette messagerie a reçu assez de liens pour le moment."


class LinkQuota(Aggregate):
    """The links sent to one mailbox in the last day: without a proof, or with the proof of one device or agent.

    Its id is a keyed hash, so that it names nobody.
    """

    sent_at: tuple[datetime, ...] = ()
    forget_at: datetime


def new_quota(id: str, now: datetime) -> LinkQuota:
    """Return a quota of which nothing is used."""
    return LinkQuota(id=id, forget_at=now + DAY)


def count_link(quota: LinkQuota, per_hour: int, per_day: int, now: datetime) -> tuple[LinkQuota, Sequence[Event]]:
    """Count one more link; raise `LinkQuotaExceeded` when the hour or the day is full.

    A refused request does not count, so that repeated requests by others do not extend the wait.
    """
    today = tuple(at for at in quota.sent_at if at > now - DAY)
    waits = [today[-most] + window - now for most, window in ((per_day, DAY), (per_hour, HOUR)) if len(today) >= most]
    if waits and max(waits) > timedelta():
        raise LinkQuotaExceeded(retry_after_seconds=ceil(max(waits).total_seconds()))
    return quota.evolve(sent_at=(*today, now), forget_at=now + DAY), []
