"""What was heard of a transfer that changes its waiting mails? Its end, a decision, a revocation, a later end."""

import hashlib
from datetime import datetime
from typing import Self

from services.kit.aggregate import Aggregate, Decision
from services.notify.domain import REMEMBERED, Mail, drop, give_up_late

ABOUT_A_LINK = ("link", "reminder", "extended")
TO_APPROVE = "to_approve"
ABOUT_A_RIGHT = (*ABOUT_A_LINK, TO_APPROVE)
"""Mails that bring somebody a right, which can be taken back."""


class Standing(Aggregate):
    """The id is the transfer's; `revoked` are keys made of addresses, `ends_at` is the latest end.

    `ended` is for good: withdrawn, refused, quarantined, lapsed. An expiry (`expired_at`) is none when an extension to
    a later end is heard of, before it or after it. `decided` says that an agent vouched: nobody else is asked any more.
    """

    ended: bool = False
    decided: bool = False
    expired_at: datetime | None = None
    revoked: tuple[str, ...] = ()
    ends_at: datetime | None = None
    forget_at: datetime | None = None

    def without(self, address: str, at: datetime) -> Self:
        """This recipient is to have no mail any more."""
        revoked = tuple(sorted({*self.revoked, self._key(address)}))
        return self.evolve(revoked=revoked)._remembered(at)

    def end(self, at: datetime) -> Self:
        """The transfer has ended for good."""
        return self.evolve(ended=True)._remembered(at)

    def decide(self, at: datetime) -> Self:
        """An agent has vouched for it."""
        return self.evolve(decided=True)._remembered(at)

    def expire(self, at: datetime) -> Self:
        """Its last day is over, as far as whoever says so knows."""
        return self.evolve(expired_at=max(at, self.expired_at or at))._remembered(at)

    def until(self, ends_at: datetime) -> Self:
        """What is sent may arrive until then."""
        later = max(ends_at, self.ends_at) if self.ends_at else ends_at
        return self.evolve(ends_at=later)._remembered(later)

    def applied(self, mail: Mail, now: datetime) -> Decision[Mail]:
        """What a mail becomes, whether it was called for before or after."""
        if self._forbids(mail):
            return drop(mail, now)
        if mail.kind not in ABOUT_A_LINK or mail.useless_after is None or self.ends_at is None:
            return mail, []
        return mail.evolve(useless_after=max(mail.useless_after, self.ends_at)), []

    def departing(self, mail: Mail, now: datetime) -> Decision[Mail]:
        """The same when it is about to leave: an expiry counts now, because no extension can bring a mail back."""
        if mail.kind in ABOUT_A_LINK and self._has_expired:
            return drop(mail, now)
        return give_up_late(self.applied(mail, now)[0], now)

    @property
    def _has_expired(self) -> bool:
        return self.expired_at is not None and self.expired_at >= (self.ends_at or self.expired_at)

    def _forbids(self, mail: Mail) -> bool:
        if mail.kind == TO_APPROVE and (self.decided or self._has_revoked(mail.outsiders)):
            return True
        return mail.kind in ABOUT_A_RIGHT and (self.ended or self._key(mail.recipient) in self.revoked)

    def _has_revoked(self, addresses: tuple[str, ...]) -> bool:
        """Nobody of these is left; false where nobody is named."""
        return bool(addresses) and {self._key(one) for one in addresses} <= set(self.revoked)

    def _key(self, address: str) -> str:
        return hashlib.sha256(f"{self.id}\n{address}".encode()).hexdigest()

    def _remembered(self, at: datetime) -> Self:
        until = at + REMEMBERED
        return self if self.forget_at and self.forget_at >= until else self.evolve(forget_at=until)
