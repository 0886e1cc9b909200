"""Compose mails: their kind, recipient, links and template variables. A mail is rendered when it is sent.

So an event that calls for many mails is handled quickly, and rendering is shared out in turn like sending (ADR 17).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from services.contracts.auth import OneTimeLinkIssued
from services.contracts.values import Recipient, TransferReference
from services.notify.content.formatting import one_line
from services.notify.content.renderer import MailRenderer, RenderedMail
from services.notify.domain import Mail, mail_id

MAX_SUBJECT_START_LENGTH = 60


class MailComposer:
    """Composes and renders mails; every link in them begins with `base_url`."""

    def __init__(self, renderer: MailRenderer, base_url: str) -> None:
        self._renderer = renderer
        self._base_url = base_url

    def page_url(self, page: str, key: str) -> str:
        """Return the URL of a page: `access`, `approve`, `download` or `tracking`."""
        return f"{self._base_url}/{page}/{key}"

    def render(self, mail: Mail) -> RenderedMail:
        """Return the content of a mail, the same at each attempt."""
        return self._renderer.render(mail.kind, mail.language, mail.context)

    def access(self, event: OneTimeLinkIssued) -> Mail:
        """Return the mail with the one-time link and the key; the person who asked wrote nothing in it (R32)."""
        context = {
            "link": self.page_url("access", event.token.get_secret_value()),
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
            mail_to=event.mail_to,
            context=context,
            expires_at=event.expires_at,
        )

    def to_sender(self, kind: str, reference: TransferReference, about: str = "", **context: Any) -> Mail:
        """Return news of a transfer for its sender; `about` distinguishes several mails of one kind."""
        return self._mail(kind, reference, reference.sender.address, about, context).evolve(
            mail_to=reference.sender.mail_to
        )

    def to_approver(
        self, kind: str, reference: TransferReference, address: str, spellings: Iterable[str], **context: Any
    ) -> Mail:
        """Return a request or news for an approver; a reply cannot reach a sender who waits for approval (R32).

        `spellings` are addresses as they were typed, this one among them unless it is in normal form.
        """
        typed = {spelling.lower(): spelling for spelling in spellings}
        return self._mail(kind, reference, address, "", context).evolve(mail_to=typed.get(address, ""))

    def to_recipient(
        self,
        kind: str,
        reference: TransferReference,
        recipient: Recipient,
        until: datetime,
        about: str = "",
        **context: Any,
    ) -> Mail:
        """Return a mail for somebody to whom the transfer was released; a reply goes to the sender."""
        mail = self._mail(kind, reference, recipient.address, about, {**context, "reply_to": reference.sender})
        return mail.evolve(
            reply_to=reference.sender, notify_on_failure=reference, expires_at=until, mail_to=recipient.mail_to
        )

    def _mail(self, kind: str, reference: TransferReference, to: str, about: str, context: dict[str, Any]) -> Mail:
        common = {
            "sender": reference.sender,
            "subject": reference.subject,
            "subject_start": one_line(reference.subject, MAX_SUBJECT_START_LENGTH),
            "tracking": self.page_url("tracking", reference.transfer),
            "reply_to": None,
        }
        return Mail(
            id=mail_id(kind, reference.transfer, to, about),
            kind=kind,
            language=reference.language,
            flow=reference.transfer,
            transfer=reference.transfer,
            recipient=to,
            context=common | context,
        )
