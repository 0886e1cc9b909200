"""Is a transfer open, how did it end, and which mails about it arrived? The judge over all its links."""

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
    TransferLapsed,
    TransferQuarantined,
    TransferRefused,
    TransferWithdrawn,
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
    "refused": TransferRefused,
    "quarantined": TransferQuarantined,
    "withdrawn": TransferWithdrawn,
}
MAIL_STRENGTH: tuple[MailState, ...] = ("delayed", "accepted", "failed")


class Mail(BaseModel):
    """What became of one mail to one recipient."""

    model_config = ConfigDict(frozen=True)

    recipient: str
    kind: str
    state: MailState
    reason: str
    changed_at: datetime

    def rank(self) -> tuple[datetime, int, str]:
        """The later one wins; at the same time the graver one, so that the order of arrival never matters."""
        return self.changed_at, MAIL_STRENGTH.index(self.state), self.reason


class Closing(BaseModel):
    """How a transfer ended, and when."""

    model_config = ConfigDict(frozen=True)

    outcome: Outcome
    at: datetime

    def rank(self) -> tuple[int, float]:
        """The stronger outcome wins, then the earlier one."""
        return STRENGTH.index(self.outcome), -self.at.timestamp()


class Quarantine(BaseModel):
    """A stored part did not have the digest it had on arrival."""

    model_config = ConfigDict(frozen=True)

    file: str
    at: datetime


class DeliveryKey(NamedTuple):
    """What is being handed out to whom: a transfer, and the address of a recipient."""

    transfer: str
    recipient: str


class RevokedRecipient(BaseModel):
    """A recipient from whom the sender took their right back."""

    model_config = ConfigDict(frozen=True)

    address: str
    at: datetime


class Delivery(Aggregate):
    """One transfer at the counter; `id` is the transfer's.

    It may be heard of before it is released (a mail's state, a withdrawal): then it has no end date yet, and a closed
    one keeps later releases from opening anything. `verified` are the files that were read back and are what was
    declared, each with the CRC-32 of its bytes. `extended_to` is the latest end that was heard of after the first one.
    """

    reference: TransferReference | None = None
    ends_at: datetime | None = None
    extended_to: datetime | None = None
    closing: Closing | None = None
    quarantine: Quarantine | None = None
    mails: tuple[Mail, ...] = ()
    revoked: tuple[RevokedRecipient, ...] = ()
    report: tuple[RecipientReport, ...] = ()
    verified: dict[str, int] = Field(default_factory=dict)
    forget_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Files may be handed out."""
        return self.closing is None and self.quarantine is None

    def must_be_open(self) -> None:
        """Refuse with the reason when nothing is handed out any more."""
        if self.closing is not None:
            raise REFUSALS[self.closing.outcome]()
        if self.quarantine is not None:
            raise TransferQuarantined()

    def must_be_open_to(self, address: str) -> None:
        """The same for one recipient."""
        self.must_be_open()
        if self.revoked_at(address):
            raise LinkRevoked()

    def is_open_to(self, address: str) -> bool:
        """Files may be handed out to this recipient."""
        return self.open and not self.revoked_at(address)

    def is_over(self, now: datetime) -> bool:
        """Its last day is over, whether that was noted or not."""
        return self.ends_at is not None and now >= self.ends_at

    def revoked_at(self, address: str) -> datetime | None:
        """When a recipient's right was taken back, if it was."""
        return next((one.at for one in self.revoked if one.address == address), None)

    def release(self, reference: TransferReference, ends_at: datetime, keep: timedelta) -> Self:
        """Some recipients may have it; the same for every release of a transfer."""
        until = max(_whole(ends_at), self.extended_to or _whole(ends_at))
        return self.evolve(reference=reference, ends_at=until)._reconsidered()._remembered(until + keep)

    def extend(self, ends_at: datetime, keep: timedelta) -> Self:
        """It ends later than was said; before it was released, that is only remembered."""
        until = max(_whole(ends_at), self.extended_to or _whole(ends_at))
        ends = max(self.ends_at, until) if self.ends_at else None
        return self.evolve(extended_to=until, ends_at=ends)._reconsidered()._remembered(until + keep)

    def _reconsidered(self) -> Self:
        """An end that was found before an extension was heard of, and lies before the new one, was none."""
        found = self.closing
        if found is None or found.outcome != "expired" or self.ends_at is None or found.at >= self.ends_at:
            return self
        return self.evolve(closing=None, report=())

    def revoke(
        self, recipient: Recipient, recipients: tuple[Recipient, ...], linked: Collection[str], now: datetime
    ) -> tuple[Self, list[Event]]:
        """Take one recipient's right back, for good; `linked` are those who have a link. Again changes nothing."""
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
        """It ended for this reason; of two reasons the stronger one stands, whichever was heard first."""
        closing = Closing(outcome=outcome, at=_whole(at))
        if self.closing is not None and self.closing.rank() >= closing.rank():
            closing = self.closing
        return self.evolve(reference=reference, closing=closing)._remembered(at + keep)

    def expire(self, report: tuple[RecipientReport, ...], now: datetime) -> tuple[Self, list[Event]]:
        """The last day is over: closed, once, with the report of who fetched what."""
        if self.closing is not None or self.reference is None or self.ends_at is None or now < self.ends_at:
            return self, []
        event = TransferExpired(reference=self.reference, report=report, expired_at=now)
        return self.evolve(closing=Closing(outcome="expired", at=now), report=report), [event]

    def quarantined(self, file: str, now: datetime) -> tuple[Self, list[Event]]:
        """Nothing is handed out until somebody has looked; the first finding is kept, and announced."""
        if self.quarantine or self.reference is None:
            return self, []
        event = FileDamageDetected(reference=self.reference, file=file, detected_at=now)
        return self.evolve(quarantine=Quarantine(file=file, at=now)), [event]

    def mailed(self, mail: Mail, keep: timedelta) -> Self:
        """What became of a mail; an older report never replaces a newer one."""
        mail = mail.model_copy(update={"changed_at": _whole(mail.changed_at)})
        key = (mail.recipient, mail.kind)
        others = [one for one in self.mails if (one.recipient, one.kind) != key]
        latest = max([mail, *(one for one in self.mails if (one.recipient, one.kind) == key)], key=Mail.rank)
        mails = tuple(sorted([*others, latest], key=lambda one: (one.recipient, one.kind)))
        return self.evolve(mails=mails)._remembered(mail.changed_at + keep)

    def verify(self, file: str, crc32: int, at: datetime, keep: timedelta) -> Self:
        """This file was read back and is what was declared."""
        return self.evolve(verified={**self.verified, file: crc32})._remembered(at + keep)

    def is_verified(self, file: SentFile) -> bool:
        """Its digest is more than its sender's word: it was read back, or it is one part, verified as it arrived."""
        return file.file in self.verified or len(file.parts) <= 1

    def corrected(self, contents: Contents) -> Contents:
        """The contents with the CRC-32 of their bytes, which the archive tells, where another one was declared."""
        if all(self.verified.get(file.file, file.crc32) == file.crc32 for file in contents.files):
            return contents
        fields = ((file, {"crc32": self.verified.get(file.file, file.crc32)}) for file in contents.files)
        return contents.evolve(files=tuple(file.model_copy(update=right) for file, right in fields))

    def _remembered(self, until: datetime) -> Self:
        until = _whole(until)
        return self if self.forget_at and self.forget_at >= until else self.evolve(forget_at=until)


def _nobody_could_approve(
    reference: TransferReference, recipients: Collection[Recipient], linked: Collection[str]
) -> bool:
    """Somebody waits for an approval, and no agent is left who could give it."""
    waits = any(one.role != "agent" and one.address not in linked for one in recipients)
    sender = mailbox_of(reference.sender.address)
    approvers = [one for one in recipients if one.role == "agent" and mailbox_of(one.address) != sender]
    return reference.sender_role != "agent" and waits and not approvers


def _whole(at: datetime) -> datetime:
    """Whole milliseconds, as the database keeps them: the same event heard twice changes nothing."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
