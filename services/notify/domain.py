"""What becomes of a mail, and when are downloads told? (R25, R26, R28)"""

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

AT_ONCE = datetime(2000, 1, 1, tzinfo=UTC)
LEASE = timedelta(minutes=3)
PATIENCE = timedelta(hours=48)
REMEMBERED = timedelta(days=90)
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))
JITTER = 0.1
TOO_LATE = "it was too late to try"
DIGEST_EVERY = timedelta(days=1)
DIGEST_SETTLES = timedelta(minutes=1)
DIGEST_REMEMBERED = timedelta(days=30)

StateName = Literal["waiting", "accepted", "failed", "dropped"]
"""`dropped` is a mail about a right that was taken back before the mail left."""


class NotDue(Conflict):
    """Another postman has this mail in hand, or it is done with."""

    title_fr = "Un autre facteur s'occupe de ce message, ou il est déjà parti."


class Mail(Aggregate):
    """One mail to one person; `words` are what its letter is written from, forgotten as soon as it is done with.

    `recipient` is an address in normal form; `mail_to` is where it is sent, and empty where that is the same.
    `flow` is what it takes turns with other mails as: its transfer, or the link that it brings.
    `next_at` is when a postman may take it: a claim moves it past the lease, so that a mail whose postman died comes
    back. `blame` is the transfer whose sender is told when this mail cannot be delivered; without it nobody is.
    A failed mail with a `next_at` still owes the sender that news; of one that was `asked` for, the sender hears again.
    A question to an approver is about `outsiders`, the external recipients who wait for the answer.
    """

    kind: str
    language: Language
    flow: str = ""
    transfer: str = ""
    recipient: str = ""
    mail_to: str = ""
    words: dict[str, Any] = Field(default_factory=dict)
    reply_to: Person | None = None
    blame: TransferReference | None = None
    asked: bool = False
    outsiders: tuple[str, ...] = ()
    state: StateName = "waiting"
    reason: str = ""
    failures: int = 0
    delayed: bool = False
    since: datetime | None = None
    next_at: datetime | None = AT_ONCE
    useless_after: datetime | None = None
    forget_at: datetime | None = None

    @property
    def forward_path(self) -> str:
        """The address for SMTP, with the local part as it was typed (RFC 5321)."""
        return self.mail_to or self.recipient

    def last_day(self, now: datetime) -> datetime:
        """Until when it is tried: two days from the first attempt, and never past the end of what it announces."""
        end = (self.since or now) + PATIENCE
        return min(end, self.useless_after) if self.useless_after else end


def mail_id(kind: str, subject: str, recipient: str, about: str = "") -> str:
    """The same for the same mail; logs hold it, so the address is in it only as part of a hash.

    `subject` is the transfer or the link; `about` tells several mails of a kind to the same person apart.
    """
    hashed = hashlib.sha256("\n".join((subject, recipient, about)).encode()).hexdigest()[:32]
    return f"{kind}:{subject}:{hashed}"


def wait_after(failures: int, chance: float) -> timedelta:
    """1, 5, 15, 30, 60 minutes, then hourly, each up to a tenth longer; `chance` is between 0 and 1."""
    return WAITS[min(failures, len(WAITS)) - 1] * (1 + JITTER * chance)


def claim(mail: Mail, now: datetime) -> Decision[Mail]:
    """Take a mail in hand until the lease ends; too late is a failure, `NotDue` when another postman has it."""
    if mail.next_at is None or mail.next_at > now:
        raise NotDue()
    late, events = give_up_late(mail, now)
    return (late, events) if late != mail else (mail.evolve(next_at=now + LEASE, since=mail.since or now), [])


def give_up_late(mail: Mail, now: datetime) -> Decision[Mail]:
    """A waiting mail whose last day is over fails."""
    if mail.state != "waiting" or now < mail.last_day(now):
        return mail, []
    return fail(mail, mail.reason or TOO_LATE, now)


def accept(mail: Mail, recipient: str, now: datetime) -> Decision[Mail]:
    """The relay has taken it over: forget its content and its secrets.

    A mail that was dropped during the SMTP transaction has left all the same, and that is recorded. `recipient` is the
    address it was handed over for, which a dropped mail no longer holds.
    """
    if mail.state not in ("waiting", "dropped"):
        return mail, []
    return _done(mail.evolve(state="accepted"), now), _changed(mail.evolve(recipient=recipient), "accepted", "", now)


def delay(mail: Mail, reason: str, chance: float, now: datetime) -> Decision[Mail]:
    """The relay would not take it now: later again, or given up for good when later is too late."""
    if mail.state != "waiting":
        return mail, []
    again_at = now + wait_after(mail.failures + 1, chance)
    if again_at > mail.last_day(now):
        return fail(mail, reason, now)
    return _delayed(mail.evolve(failures=mail.failures + 1, next_at=again_at), reason, now)


def give_back(mail: Mail, reason: str, now: datetime) -> Decision[Mail]:
    """There is no relay to speak to, which says nothing of this mail: due again at once, no attempt counted."""
    if mail.state != "waiting":
        return mail, []
    if now >= mail.last_day(now):
        return fail(mail, reason, now)
    return _delayed(mail.evolve(next_at=AT_ONCE), reason, now)


def fail(mail: Mail, reason: str, now: datetime) -> Decision[Mail]:
    """It will never be delivered; the sender of the transfer is owed the news."""
    if mail.state != "waiting":
        return mail, []
    failed = mail.evolve(state="failed", reason=reason)
    after = failed.evolve(next_at=AT_ONCE) if mail.blame else _done(failed, now)
    return after, _changed(mail, "failed", reason, now)


def drop(mail: Mail, now: datetime) -> Decision[Mail]:
    """The right it brings was taken back: forget its content; it is not sent unless its transaction has begun."""
    return (_done(mail.evolve(state="dropped"), now), []) if mail.state == "waiting" else (mail, [])


def settle(mail: Mail, now: datetime) -> Decision[Mail]:
    """The sender has been told of the failure."""
    return (_done(mail, now), []) if mail.state == "failed" else (mail, [])


def _done(mail: Mail, now: datetime) -> Mail:
    return mail.evolve(
        recipient="",
        words={},
        reply_to=None,
        blame=None,
        outsiders=(),
        next_at=None,
        useless_after=None,
        mail_to="",
        forget_at=now + REMEMBERED,
    )


def _delayed(mail: Mail, reason: str, now: datetime) -> Decision[Mail]:
    """Told once, however often it is delayed."""
    return mail.evolve(delayed=True, reason=reason), [] if mail.delayed else _changed(mail, "delayed", reason, now)


def _changed(mail: Mail, state: MailState, reason: str, now: datetime) -> Sequence[Event]:
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


class Digest(Aggregate):
    """When the sender of one transfer is next told of its downloads; its id is the transfer's.

    Downloads are heard into the open `window`; a day later it is closed, and once those that were being written down
    have settled, its mail is made.
    """

    reference: TransferReference
    window: int = 1
    closing: int = 0
    due_at: datetime | None = None
    forget_at: datetime | None = None


def begin_digest(digest: Digest, now: datetime) -> Decision[Digest]:
    """The first daily mail is due a day after the first download that waits for it."""
    if digest.due_at is not None:
        return digest, []
    return digest.evolve(due_at=now + DIGEST_EVERY, forget_at=now + DIGEST_REMEMBERED), []


def turn(digest: Digest, seen: Digest, now: datetime) -> Decision[Digest]:
    """Close the window, or open the next day after the closed one was told; only if nobody else did since `seen`."""
    if (digest.window, digest.closing) != (seen.window, seen.closing):
        return digest, []
    if digest.closing:
        return digest.evolve(closing=0, due_at=now + DIGEST_EVERY), []
    return digest.evolve(closing=digest.window, window=digest.window + 1, due_at=now + DIGEST_SETTLES), []
