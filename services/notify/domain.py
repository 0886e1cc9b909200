"""Rules for the life of a mail, and for the daily summary of downloads (R25, R26, R28)."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import Field

from services.contracts.notify import MailState, MailStateChanged
from services.contracts.values import Language, Person, TransferReference
from services.kit.aggregate import Aggregate, Decision
from services.kit.events import Event
from services.kit.refusals import Conflict

DUE_NOW = datetime(2000, 1, 1, tzinfo=UTC)
CLAIM_LEASE = timedelta(minutes=3)
MAX_DELIVERY_AGE = timedelta(hours=48)
RETENTION = timedelta(days=90)
RETRY_DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))
JITTER = 0.1
EXPIRED_REASON = "it was too late to try"
SUMMARY_INTERVAL = timedelta(days=1)
SUMMARY_SETTLING_TIME = timedelta(minutes=1)
SUMMARY_RETENTION = timedelta(days=30)

QueueState = Literal["waiting", "accepted", "failed", "cancelled"]
"""`cancelled` is a mail about a right that was revoked before the mail was sent."""


class AlreadyClaimed(Conflict):
    """Another worker is sending this mail, or it is finished."""

    title_fr = "Ce message est déjà en cours d'envoi, ou il est déjà traité."


class Mail(Aggregate):
    """One mail to one person; `context` holds the template's variables and is deleted when the mail is finished.

    `recipient` is an address in normal form; `mail_to` is the address for SMTP, and empty where it is the same.
    `flow` is the unit of round-robin scheduling: the transfer, or the one-time link that the mail brings.
    `next_at` is when a worker may claim it. A claim moves it to the end of the lease, so that the mail of a worker that
    died becomes due again. `notify_on_failure` is the transfer whose sender is told when this mail cannot be delivered;
    without it nobody is. A failed mail with a `next_at` still has to be reported. A mail that its sender `asked` for
    has a report of its own. A request for approval is about `external_addresses`, the external recipients who wait.
    """

    kind: str
    language: Language
    flow: str = ""
    transfer: str = ""
    recipient: str = ""
    mail_to: str = ""
    context: dict[str, Any] = Field(default_factory=dict)
    reply_to: Person | None = None
    notify_on_failure: TransferReference | None = None
    asked: bool = False
    external_addresses: tuple[str, ...] = ()
    state: QueueState = "waiting"
    reason: str = ""
    failures: int = 0
    delayed: bool = False
    first_attempt_at: datetime | None = None
    next_at: datetime | None = DUE_NOW
    expires_at: datetime | None = None
    forget_at: datetime | None = None

    @property
    def forward_path(self) -> str:
        """The address for SMTP, with the local part as it was typed (RFC 5321)."""
        return self.mail_to or self.recipient

    def deadline(self, now: datetime) -> datetime:
        """Return when attempts end: two days after the first one, and never past the end of what it announces."""
        end = (self.first_attempt_at or now) + MAX_DELIVERY_AGE
        return min(end, self.expires_at) if self.expires_at else end


def mail_id(kind: str, subject: str, recipient: str, about: str = "") -> str:
    """Return an id that is the same for the same mail; logs contain it, so the address is only part of a hash.

    `subject` is the transfer or the link; `about` distinguishes several mails of one kind to the same person.
    """
    hashed = hashlib.sha256("\n".join((subject, recipient, about)).encode()).hexdigest()[:32]
    return f"{kind}:{subject}:{hashed}"


def retry_delay(failures: int, chance: float) -> timedelta:
    """Return 1, 5, 15, 30, 60 minutes, then an hour, each up to a tenth longer; `chance` is between 0 and 1."""
    return RETRY_DELAYS[min(failures, len(RETRY_DELAYS)) - 1] * (1 + JITTER * chance)


def claim(mail: Mail, now: datetime) -> Decision[Mail]:
    """Claim a mail until the lease ends; fail it past its deadline. Raise `AlreadyClaimed` when it is not due."""
    if mail.next_at is None or mail.next_at > now:
        raise AlreadyClaimed()
    expired, events = fail_if_expired(mail, now)
    if expired != mail:
        return expired, events
    return mail.evolve(next_at=now + CLAIM_LEASE, first_attempt_at=mail.first_attempt_at or now), []


def fail_if_expired(mail: Mail, now: datetime) -> Decision[Mail]:
    """Fail a waiting mail whose deadline is over."""
    if mail.state != "waiting" or now < mail.deadline(now):
        return mail, []
    return fail(mail, mail.reason or EXPIRED_REASON, now)


def accept(mail: Mail, recipient: str, now: datetime) -> Decision[Mail]:
    """Record that the relay accepted the mail, and delete its content and secrets.

    A mail that was cancelled during the SMTP transaction was sent all the same, and is recorded as accepted.
    `recipient` is the address that it was submitted for, which a cancelled mail no longer holds.
    """
    if mail.state not in ("waiting", "cancelled"):
        return mail, []
    events = _state_changed(mail.evolve(recipient=recipient), "accepted", "", now)
    return _finish(mail.evolve(state="accepted"), now), events


def delay(mail: Mail, reason: str, chance: float, now: datetime) -> Decision[Mail]:
    """Schedule the next attempt after a temporary refusal, or fail the mail when that would be past its deadline."""
    if mail.state != "waiting":
        return mail, []
    next_at = now + retry_delay(mail.failures + 1, chance)
    if next_at > mail.deadline(now):
        return fail(mail, reason, now)
    return _mark_delayed(mail.evolve(failures=mail.failures + 1, next_at=next_at), reason, now)


def requeue(mail: Mail, reason: str, now: datetime) -> Decision[Mail]:
    """Make a mail due again at once, without counting an attempt: no relay was reachable, which is not its fault."""
    if mail.state != "waiting":
        return mail, []
    if now >= mail.deadline(now):
        return fail(mail, reason, now)
    return _mark_delayed(mail.evolve(next_at=DUE_NOW), reason, now)


def release(mail: Mail, _now: datetime) -> Decision[Mail]:
    """Make a claimed mail due again at once: it was not attempted."""
    return (mail.evolve(next_at=DUE_NOW), []) if mail.state == "waiting" else (mail, [])


def fail(mail: Mail, reason: str, now: datetime) -> Decision[Mail]:
    """Record a permanent failure; the mail stays due until the sender of its transfer is told."""
    if mail.state != "waiting":
        return mail, []
    failed = mail.evolve(state="failed", reason=reason)
    after = failed.evolve(next_at=DUE_NOW) if mail.notify_on_failure else _finish(failed, now)
    return after, _state_changed(mail, "failed", reason, now)


def cancel(mail: Mail, now: datetime) -> Decision[Mail]:
    """Cancel a waiting mail and delete its content; a mail whose SMTP transaction has begun is sent all the same."""
    return (_finish(mail.evolve(state="cancelled"), now), []) if mail.state == "waiting" else (mail, [])


def mark_sender_notified(mail: Mail, now: datetime) -> Decision[Mail]:
    """Finish a failed mail whose failure was reported to the sender."""
    return (_finish(mail, now), []) if mail.state == "failed" else (mail, [])


def _finish(mail: Mail, now: datetime) -> Mail:
    return mail.evolve(
        recipient="",
        context={},
        reply_to=None,
        notify_on_failure=None,
        external_addresses=(),
        next_at=None,
        expires_at=None,
        mail_to="",
        forget_at=now + RETENTION,
    )


def _mark_delayed(mail: Mail, reason: str, now: datetime) -> Decision[Mail]:
    """Publish the first delay only."""
    events = [] if mail.delayed else _state_changed(mail, "delayed", reason, now)
    return mail.evolve(delayed=True, reason=reason), events


def _state_changed(mail: Mail, state: MailState, reason: str, now: datetime) -> Sequence[Event]:
    if not mail.transfer:
        return []
    return [
        MailStateChanged(
            transfer=mail.transfer,
            kind=mail.kind,
            recipient=mail.recipient,
            state=state,
            reason=reason,
            changed_at=now,
        )
    ]


class DailySummary(Aggregate):
    """When the sender of one transfer next gets a summary of its downloads; its id is the transfer's.

    Downloads are recorded in the open `window`. After a day that window is closed; a minute later, when handlers that
    had read the old number have finished, the mail about the window `closing` is created.
    """

    reference: TransferReference
    window: int = 1
    closing: int = 0
    due_at: datetime | None = None
    forget_at: datetime | None = None


def schedule_summary(summary: DailySummary, now: datetime) -> Decision[DailySummary]:
    """Make the first summary due a day after the first download that it contains."""
    if summary.due_at is not None:
        return summary, []
    return summary.evolve(due_at=now + SUMMARY_INTERVAL, forget_at=now + SUMMARY_RETENTION), []


def roll_window(summary: DailySummary, read: DailySummary, now: datetime) -> Decision[DailySummary]:
    """Close the window, or begin the next day after its mail; nothing when another process did so since `read`."""
    if (summary.window, summary.closing) != (read.window, read.closing):
        return summary, []
    if summary.closing:
        return summary.evolve(closing=0, due_at=now + SUMMARY_INTERVAL), []
    due_at = now + SUMMARY_SETTLING_TIME
    return summary.evolve(closing=summary.window, window=summary.window + 1, due_at=due_at), []
