"""What notify knows of a transfer and applies to its waiting mails: its end, a decision, revocations, an extension."""

import hashlib
from datetime import datetime
from typing import Self

from services.kit.aggregate import Aggregate, Decision
from services.notify.domain import RETENTION, Mail, cancel, fail_if_expired

ABOUT_A_LINK = ("link", "reminder", "extended")
TO_APPROVE = "to_approve"
ABOUT_A_RIGHT = (*ABOUT_A_LINK, TO_APPROVE)
"""Kinds of mail that give somebody a right, which can be revoked."""


class TransferStatus(Aggregate):
    """The id is the transfer's; `revoked` holds keyed hashes of addresses, `ends_at` is the latest end.

    `ended` is final: withdrawn, refused, quarantined or lapsed. An expiry (`expired_at`) is void when an extension to a
    later end is received, before it or after it. `approved` says that an agent approved: nobody else is asked.
    """

    ended: bool = False
    approved: bool = False
    expired_at: datetime | None = None
    revoked: tuple[str, ...] = ()
    ends_at: datetime | None = None
    forget_at: datetime | None = None

    def revoke(self, address: str, at: datetime) -> Self:
        """Record that this recipient gets no more mail about the transfer."""
        revoked = tuple(sorted({*self.revoked, self._key(address)}))
        return self.evolve(revoked=revoked)._keep_until_after(at)

    def end(self, at: datetime) -> Self:
        """Record the final end of the transfer."""
        return self.evolve(ended=True)._keep_until_after(at)

    def approve(self, at: datetime) -> Self:
        """Record that an agent approved the transfer."""
        return self.evolve(approved=True)._keep_until_after(at)

    def expire(self, at: datetime) -> Self:
        """Record an expiry; its publisher may not have received an extension yet."""
        return self.evolve(expired_at=max(at, self.expired_at or at))._keep_until_after(at)

    def extend(self, ends_at: datetime) -> Self:
        """Record an end; mails about a link may be sent until the latest one."""
        latest = max(ends_at, self.ends_at) if self.ends_at else ends_at
        return self.evolve(ends_at=latest)._keep_until_after(latest)

    def apply(self, mail: Mail, now: datetime) -> Decision[Mail]:
        """Return the mail cancelled, or with a later end, or as it is; it may be older or newer than this status."""
        if self._forbids(mail):
            return cancel(mail, now)
        if mail.kind not in ABOUT_A_LINK or mail.expires_at is None or self.ends_at is None:
            return mail, []
        return mail.evolve(expires_at=max(mail.expires_at, self.ends_at)), []

    def apply_before_sending(self, mail: Mail, now: datetime) -> Decision[Mail]:
        """The same just before the SMTP transaction: an expiry counts now, since a sent mail cannot be taken back."""
        if mail.kind in ABOUT_A_LINK and self._has_expired:
            return cancel(mail, now)
        return fail_if_expired(self.apply(mail, now)[0], now)

    @property
    def _has_expired(self) -> bool:
        return self.expired_at is not None and self.expired_at >= (self.ends_at or self.expired_at)

    def _forbids(self, mail: Mail) -> bool:
        if mail.kind == TO_APPROVE and (self.approved or self._has_revoked_all(mail.external_addresses)):
            return True
        return mail.kind in ABOUT_A_RIGHT and (self.ended or self._key(mail.recipient) in self.revoked)

    def _has_revoked_all(self, addresses: tuple[str, ...]) -> bool:
        """False for no address."""
        return bool(addresses) and {self._key(address) for address in addresses} <= set(self.revoked)

    def _key(self, address: str) -> str:
        return hashlib.sha256(f"{self.id}\n{address}".encode()).hexdigest()

    def _keep_until_after(self, at: datetime) -> Self:
        forget_at = at + RETENTION
        return self if self.forget_at and self.forget_at >= forget_at else self.evolve(forget_at=forget_at)
