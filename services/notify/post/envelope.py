"""How does a mail look on the wire? Headers that cannot be forged by what somebody wrote (R31)."""

import hashlib
from datetime import datetime
from email.header import Header
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from functools import cache
from typing import Any

from services.notify.domain import Mail
from services.notify.letters.letter import Letter
from services.notify.letters.words import LONGEST_LINE, one_line


class _Headers(HeaderRegistry):
    """As the library's, which makes a class for each header of each mail anew."""

    def __getitem__(self, name: str) -> type:
        return self._made(name.lower())

    @cache  # noqa: B019 - one object for ever, and the names are our own
    def _made(self, name: str) -> type:
        return super().__getitem__(name)


class _Policy(EmailPolicy):
    """As the library's, but that one loses spaces where it folds a subject with accents (Python before 3.12.4)."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name != "Subject":
            return super().fold_binary(name, value)
        charset = "us-ascii" if str(value).isascii() else "utf-8"
        folded = Header(str(value), charset, header_name=name).encode(linesep=self.linesep)
        return f"{name}: {folded}{self.linesep}".encode("ascii")


POLICY = _Policy(linesep=SMTP.linesep, header_factory=_Headers())


def envelope(mail: Mail, letter: Letter, mail_from: Address, now: datetime) -> EmailMessage:
    """The message for one recipient; the same mail has the same Message-ID each time it is tried (R26).

    All mails about one transfer refer to the same beginning, so that they make one thread. They come from our own
    address always; replies go to the sender only where the mail says so.
    """
    message = EmailMessage(policy=POLICY)
    message["From"] = mail_from
    message["To"] = _address(mail.forward_path)
    if mail.reply_to:
        message["Reply-To"] = _address(mail.reply_to.mail_to or mail.reply_to.address)
    message["Subject"] = header_words(letter.subject)
    message["Date"] = format_datetime(mail.since or now)
    message["Message-ID"] = _reference(mail.id, mail_from.domain)
    if mail.transfer:
        thread = _reference(f"transfer:{mail.transfer}", mail_from.domain)
        message["In-Reply-To"] = thread
        message["References"] = thread
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    # Else the library would look for one in all that is said; quoted-printable has no `=_`.
    message.set_boundary(f"=_{hashlib.sha256(mail.id.encode()).hexdigest()[:40]}")
    # Set before the parts, it would have moved into the first of them.
    message["Content-Language"] = mail.language
    return message


def header_words(raw: str, longest: int = LONGEST_LINE) -> str:
    """One line that is no encoded word: the library would decode that, and whatever line end is hidden in it."""
    return one_line(raw, longest).replace("=?", "= ?")


def _address(address: str) -> Address:
    """Without a name: it is only declared, and beside an address it would read as if it had been verified."""
    local, domain = address.rsplit("@", 1)
    return Address(username=local, domain=domain)


def _reference(id: str, domain: str) -> str:
    return f"<{hashlib.sha256(id.encode()).hexdigest()[:40]}@{domain}>"
