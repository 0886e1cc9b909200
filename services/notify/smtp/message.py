"""Build the message of a mail; what somebody wrote cannot forge a header (R31)."""

import hashlib
from datetime import datetime
from email.header import Header
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from functools import cache
from typing import Any

from services.notify.content.formatting import MAX_LINE_LENGTH, one_line
from services.notify.content.renderer import RenderedMail
from services.notify.domain import Mail


class _CachedHeaderRegistry(HeaderRegistry):
    """The library's registry creates a class for each header of each mail; this one keeps them."""

    def __getitem__(self, name: str) -> type:
        return self._create(name.lower())

    @cache  # noqa: B019 - one registry per process, and few names
    def _create(self, name: str) -> type:
        return super().__getitem__(name)


class _MessagePolicy(EmailPolicy):
    """The library's policy loses spaces where it folds a subject with accents (Python before 3.12.4)."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name != "Subject":
            return super().fold_binary(name, value)
        charset = "us-ascii" if str(value).isascii() else "utf-8"
        folded = Header(str(value), charset, header_name=name).encode(linesep=self.linesep)
        return f"{name}: {folded}{self.linesep}".encode("ascii")


POLICY = _MessagePolicy(linesep=SMTP.linesep, header_factory=_CachedHeaderRegistry())


def build_message(mail: Mail, rendered: RenderedMail, mail_from: Address, now: datetime) -> EmailMessage:
    """Return the message for one recipient; a mail has the same Message-ID at each attempt (R26).

    All mails about one transfer refer to the same message, so that they form one thread. They are from our own address;
    a reply goes to the sender only where the mail has a `reply_to`.
    """
    message = EmailMessage(policy=POLICY)
    message["From"] = mail_from
    message["To"] = _address(mail.forward_path)
    if mail.reply_to:
        message["Reply-To"] = _address(mail.reply_to.mail_to or mail.reply_to.address)
    message["Subject"] = header_text(rendered.subject)
    message["Date"] = format_datetime(mail.first_attempt_at or now)
    message["Message-ID"] = _message_id(mail.id, mail_from.domain)
    if mail.transfer:
        thread = _message_id(f"transfer:{mail.transfer}", mail_from.domain)
        message["In-Reply-To"] = thread
        message["References"] = thread
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(rendered.text, cte="quoted-printable")
    message.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    # Without it the library would search all parts for a unique one; quoted-printable never contains `=_`.
    message.set_boundary(f"=_{hashlib.sha256(mail.id.encode()).hexdigest()[:40]}")
    # Set before the parts, the header would move into the first of them.
    message["Content-Language"] = mail.language
    return message


def header_text(raw: str, max_length: int = MAX_LINE_LENGTH) -> str:
    """Return one line without encoded words: the library would decode them, and with them a hidden line end."""
    return one_line(raw, max_length).replace("=?", "= ?")


def _address(address: str) -> Address:
    """Without the name: it is only declared, and beside an address it would look verified."""
    local, domain = address.rsplit("@", 1)
    return Address(username=local, domain=domain)


def _message_id(id: str, domain: str) -> str:
    return f"<{hashlib.sha256(id.encode()).hexdigest()[:40]}@{domain}>"
