"""Which mail is it, to whom, and with which links? A mail keeps its words; the letter is written as it leaves.

So an event that calls for many mails is done with quickly, and writing letters takes turns as sending does (ADR 17).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from services.contracts.auth import OneTimeLinkIssued
from services.contracts.values import Recipient, TransferReference
from services.notify.domain import Mail, mail_id
from services.notify.letters.letter import Letter, Stationery
from services.notify.letters.words import one_line

LONGEST_SUBJECT_START = 60


class Secretary:
    """Makes mails and writes their letters; every link in them begins with `base_url` and nothing else."""

    def __init__(self, stationery: Stationery, base_url: str) -> None:
        self._stationery = stationery
        self._base_url = base_url

    def link(self, page: str, key: str) -> str:
        """The address of a page: `access`, `approve`, `download` or `tracking`."""
        return f"{self._base_url}/{page}/{key}"

    def letter(self, mail: Mail) -> Letter:
        """What this mail says; the same each time it is tried."""
        return self._stationery.write(mail.kind, mail.language, mail.words)

    def access(self, event: OneTimeLinkIssued) -> Mail:
        """The link and the key, apart; nothing in it was written by the person who asked (R32)."""
        words = {
            "link": self.link("access", event.token.get_secret_value()),
            "key": event.key.get_secret_value(),
            "until": event.expires_at,
            "reply_to": None,
        }
        return Mail(
            id=mail_id("access", event.link, event.address),
            kind="access",
            language=event.language,
            flow=event.link,
            recipient=event.address,
            words=words,
            useless_after=event.expires_at,
        )

    def to_sender(self, kind: str, reference: TransferReference, about: str = "", **words: Any) -> Mail:
        """News of a transfer for its sender; `about` tells several mails of one kind apart."""
        return self._mail(kind, reference, reference.sender.address, about, words).evolve(
            mail_to=reference.sender.mail_to
        )

    def to_approver(
        self, kind: str, reference: TransferReference, address: str, spellings: Iterable[str], **words: Any
    ) -> Mail:
        """A question or news for an agent who was asked to vouch; nobody replies to a sender who waits (R32).

        `spellings` are addresses as mail is sent to them, theirs among them unless it is the same.
        """
        typed = {spelling.lower(): spelling for spelling in spellings}
        return self._mail(kind, reference, address, "", words).evolve(mail_to=typed.get(address, ""))

    def to_recipient(
        self,
        kind: str,
        reference: TransferReference,
        recipient: Recipient,
        until: datetime,
        about: str = "",
        **words: Any,
    ) -> Mail:
        """For somebody to whom the transfer was released: they may reply to the sender."""
        mail = self._mail(kind, reference, recipient.address, about, {**words, "reply_to": reference.sender})
        return mail.evolve(reply_to=reference.sender, blame=reference, useless_after=until, mail_to=recipient.mail_to)

    def _mail(self, kind: str, reference: TransferReference, to: str, about: str, words: dict[str, Any]) -> Mail:
        common = {
            "sender": reference.sender,
            "subject": reference.subject,
            "subject_start": one_line(reference.subject, LONGEST_SUBJECT_START),
            "tracking": self.link("tracking", reference.transfer),
            "reply_to": None,
        }
        return Mail(
            id=mail_id(kind, reference.transfer, to, about),
            kind=kind,
            language=reference.language,
            flow=reference.transfer,
            transfer=reference.transfer,
            recipient=to,
            words=common | words,
        )
