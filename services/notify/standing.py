"""What was heard of a transfer after its mails were called for? Who is to have none any more, and a later end."""

import hashlib
from datetime import datetime
from typing import Self

from services.kit.aggregate import Aggregate, Decision
from services.notify.domain import REMEMBERED, Mail, drop

ABOUT_A_RIGHT = ("link", "reminder", "extended", "to_approve")
"""Mails that bring a recipient a right, which can be taken back."""
ABOUT_A_LINK = ABOUT_A_RIGHT[:3]


class Standing(Aggregate):
    """The id is the transfer's; `revoked` are keys made of addresses, `ends_at` is the latest end."""

    revoked: tuple[str, ...] = ()
    ends_at: datetime | None = None
    forget_at: datetime | None = None

    def without(self, address: str, at: datetime) -> Self:
        """This recipient is to have no mail any more."""
        revoked = tuple(sorted({*self.revoked, self._key(address)}))
        return self.but(revoked=revoked)._remembered(at)

    def until(self, ends_at: datetime) -> Self:
        """What is sent may arrive until then."""
        later = max(ends_at, self.ends_at) if self.ends_at else ends_at
        return self.but(ends_at=later)._remembered(later)

    def applied(self, mail: Mail, now: datetime) -> Decision[Mail]:
        """What a mail becomes, whether it was called for before or after."""
        if self._key(mail.recipient) in self.revoked and mail.kind in ABOUT_A_RIGHT:
            return drop(mail, now)
        if mail.kind not in ABOUT_A_LINK or mail.useless_after is None or self.ends_at is None:
            return mail, []
        return mail.but(useless_after=max(mail.useless_after, self.ends_at)), []

    def _key(self, address: str) -> str:
        return hashlib.sha256(f"{self.id}\n{address}".encode()).hexdigest()

    def _remembered(self, at: datetime) -> Self:
        until = at + REMEMBERED
        return self if self.forget_at and self.forget_at >= until else self.but(forget_at=until)
