"""Whether a transfer is open, and to whom; how it ended; and what became of the mails about it (R41)."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field

from services.contracts.download import FileDamageDetected, RecipientReport, RecipientRevoked, TransferExpired
from services.contracts.notify import MailState
from services.contracts.values import Recipient, SentFile, TransferReference
from services.download.domain.contents import Contents
from services.download.domain.refusals import (
    LastApproverNeeded,
    LinkExpired,
    LinkRevoked,
    TransferDeleted,
    TransferInQuarantine,
    TransferLapsed,
    TransferNotApproved,
)
from services.kit.addresses import mailbox_of
from services.kit.aggregate import Aggregate
from services.kit.events import Event
from services.kit.refusals import Refusal

Outcome = Literal["expired", "lapsed", "refused", "quarantined", "withdrawn"]
STRENGTH: tuple[Outcome, ...] = ("expired", "lapsed", "refused", "quarantined", "withdrawn")
REFUSALS: dict[Outcome, type[Refusal]] = {
    "expired": LinkExpired,
    "lapsed": TransferLapsed,
    "refused": TransferNotApproved,
    "quarantined": TransferInQuarantine,
    "withdrawn": TransferDeleted,
}
MAIL_STRENGTH: tuple[MailState, ...] = ("delayed", "accepted", "failed")


class MailStatus(BaseModel):
    """The latest state of one kind of mail to one recipient."""

    model_config = ConfigDict(frozen=True)

    recipient: str
    kind: str
    state: MailState
    reason: str
    changed_at: datetime

    def rank(self) -> tuple[datetime, int, str]:
        """Order states: the later one wins, at the same time the graver one, whatever the order of arrival."""
        return self.changed_at, MAIL_STRENGTH.index(self.state), self.reason


class Closing(BaseModel):
    """How a transfer ended, and when."""

    model_config = ConfigDict(frozen=True)

    outcome: Outcome
    at: datetime

    def rank(self) -> tuple[int, float]:
        """Order ends: the stronger outcome wins, then the earlier one."""
        return STRENGTH.index(self.outcome), -self.at.timestamp()


class Quarantine(BaseModel):
    """A stored part did not have the digest it had on arrival."""

    model_config = ConfigDict(frozen=True)

    file: str
    at: datetime


class DeliveryKey(NamedTuple):
    """A transfer and the address of one recipient."""

    transfer: str
    recipient: str


class RevokedRecipient(BaseModel):
    """A recipient from whom the sender took their right back."""

    model_config = ConfigDict(frozen=True)

    address: str
    at: datetime


class Delivery(Aggregate):
    """One transfer; `id` is the transfer's.

    An event may create it before the release (the state of a mail, a withdrawal): then it has no end date yet, and once
    closed it stays closed after a later release. `verified` holds the files that were read back and are what was
    declared, with the CRC-32 of their bytes. `extended_to` is the latest end that an extension has set.
    """

    reference: TransferReference | None = None
    ends_at: datetime | None = None
    extended_to: datetime | None = None
    closing: Closing | None = None
    quarantine: Quarantine | None = None
    mails: tuple[MailStatus, ...] = ()
    revoked: tuple[RevokedRecipient, ...] = ()
    report: tuple[RecipientReport, ...] = ()
    verified: dict[str, int] = Field(default_factory=dict)
    forget_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Files may be handed out."""
        return self.closing is None and self.quarantine is None

    def must_be_open(self) -> None:
        """Refuse with the reason when nothing may be handed out any more."""
        if self.closing is not None:
            raise REFUSALS[self.closing.outcome]()
        if self.quarantine is not None:
            raise TransferInQuarantine()

    def must_be_open_to(self, address: str) -> None:
        """Refuse with the reason when nothing may be handed out to this recipient any more."""
        self.must_be_open()
        if self.revoked_at(address):
            raise LinkRevoked()

    def is_open_to(self, address: str) -> bool:
        """Return whether files may be handed out to this recipient."""
        return self.is_open and not self.revoked_at(address)

    def is_over(self, now: datetime) -> bool:
        """Return whether its end date has passed, even if that was not written yet."""
        return self.ends_at is not None and now >= self.ends_at

    def revoked_at(self, address: str) -> datetime | None:
        """Return when a recipient's right was taken back, if it was."""
        return next((one.at for one in self.revoked if one.address == address), None)

    def release(self, reference: TransferReference, ends_at: datetime, keep: timedelta) -> Self:
        """Open it; the same for every release of a transfer."""
        until = max(_in_milliseconds(ends_at), self.extended_to or _in_milliseconds(ends_at))
        return self.evolve(reference=reference, ends_at=until)._without_premature_end()._kept_until(until + keep)

    def extend(self, ends_at: datetime, keep: timedelta) -> Self:
        """Give it a later end; before the release that is only remembered."""
        until = max(_in_milliseconds(ends_at), self.extended_to or _in_milliseconds(ends_at))
        ends = max(self.ends_at, until) if self.ends_at else None
        return self.evolve(extended_to=until, ends_at=ends)._without_premature_end()._kept_until(until + keep)

    def _without_premature_end(self) -> Self:
        """Reopen it when it was closed as expired before the event of its extension arrived."""
        found = self.closing
        if found is None or found.outcome != "expired" or self.ends_at is None or found.at >= self.ends_at:
            return self
        return self.evolve(closing=None, report=())

    def revoke(
        self, recipient: Recipient, recipients: tuple[Recipient, ...], linked: Collection[str], now: datetime
    ) -> tuple[Self, list[Event]]:
        """Take one recipient's right back, for good; a second time changes nothing.

        `linked` are the addresses of those who have a link. Refuses after the end, and to revoke the last agent who
        could approve while somebody waits for an approval.
        """
        if self.revoked_at(recipient.address) or self.reference is None:
            return self, []
        self.must_be_open()
        if self.is_over(now):
            raise LinkExpired()
        kept = [one for one in recipients if one != recipient and not self.revoked_at(one.address)]
        if recipient.role == "agent" and _nobody_could_approve(self.reference, kept, linked):
            raise LastApproverNeeded()
        event = RecipientRevoked(reference=self.reference, recipient=recipient, revoked_at=now)
        revoked = (*self.revoked, RevokedRecipient(address=recipient.address, at=now))
        return self.evolve(revoked=tuple(sorted(revoked, key=lambda one: one.address))), [event]

    def close(self, outcome: Outcome, reference: TransferReference, at: datetime, keep: timedelta) -> Self:
        """Close it for this reason; of two reasons the stronger one stands, in whatever order they arrive."""
        closing = Closing(outcome=outcome, at=_in_milliseconds(at))
        if self.closing is not None and self.closing.rank() >= closing.rank():
            closing = self.closing
        return self.evolve(reference=reference, closing=closing)._kept_until(at + keep)

    def expire(self, report: tuple[RecipientReport, ...], now: datetime) -> tuple[Self, list[Event]]:
        """Close it once its end date has passed, with the report of who downloaded how much."""
        if self.closing is not None or self.reference is None or self.ends_at is None or now < self.ends_at:
            return self, []
        event = TransferExpired(reference=self.reference, report=report, expired_at=now)
        return self.evolve(closing=Closing(outcome="expired", at=now), report=report), [event]

    def put_in_quarantine(self, file: str, now: datetime) -> tuple[Self, list[Event]]:
        """Close it to everybody because a file is damaged; the first finding is kept, and announced."""
        if self.quarantine or self.reference is None:
            return self, []
        event = FileDamageDetected(reference=self.reference, file=file, detected_at=now)
        return self.evolve(quarantine=Quarantine(file=file, at=now)), [event]

    def record_mail_state(self, mail: MailStatus, keep: timedelta) -> Self:
        """Record the state of a mail; an older state never replaces a newer one."""
        mail = mail.model_copy(update={"changed_at": _in_milliseconds(mail.changed_at)})
        key = (mail.recipient, mail.kind)
        others = [one for one in self.mails if (one.recipient, one.kind) != key]
        latest = max([mail, *(one for one in self.mails if (one.recipient, one.kind) == key)], key=MailStatus.rank)
        mails = tuple(sorted([*others, latest], key=lambda one: (one.recipient, one.kind)))
        return self.evolve(mails=mails)._kept_until(mail.changed_at + keep)

    def verify(self, file: str, crc32: int, at: datetime, keep: timedelta) -> Self:
        """Note that this file was read back and is what was declared."""
        return self.evolve(verified={**self.verified, file: crc32})._kept_until(at + keep)

    def is_verified(self, file: SentFile) -> bool:
        """Return whether the digest of a file was computed: it was read back, or is one part, verified on arrival."""
        return file.file in self.verified or len(file.parts) <= 1

    def corrected(self, contents: Contents) -> Contents:
        """Return the contents with the CRC-32 of the stored bytes where another one was declared."""
        if all(self.verified.get(file.file, file.crc32) == file.crc32 for file in contents.files):
            return contents
        fields = ((file, {"crc32": self.verified.get(file.file, file.crc32)}) for file in contents.files)
        return contents.evolve(files=tuple(file.model_copy(update=right) for file, right in fields))

    def _kept_until(self, until: datetime) -> Self:
        until = _in_milliseconds(until)
        return self if self.forget_at and self.forget_at >= until else self.evolve(forget_at=until)


def _nobody_could_approve(
    reference: TransferReference, recipients: Collection[Recipient], linked: Collection[str]
) -> bool:
    """Return whether somebody waits for an approval, and no agent is left who could give it."""
    waits = any(one.role != "agent" and one.address not in linked for one in recipients)
    sender = mailbox_of(reference.sender.address)
    approvers = [one for one in recipients if one.role == "agent" and mailbox_of(one.address) != sender]
    return reference.sender_role != "agent" and waits and not approvers


def _in_milliseconds(at: datetime) -> datetime:
    """Round down to milliseconds, as the database stores dates: the same event twice then changes nothing."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
